import { defineApi, event } from '@lightbus/core'

/** An API of events only: needs no transport for calls. */
export const news = defineApi('shop.news', { events: { broke: event({ id: { type: 'string' } }) } })

/** Its event. */
export const newsAddress = { apiName: news.name, eventName: 'broke' }
