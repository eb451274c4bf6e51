import { LightbusActor } from './lightbus-actor.ts'
import { obey } from './obey.ts'

obey(Promise.resolve(new LightbusActor()))
