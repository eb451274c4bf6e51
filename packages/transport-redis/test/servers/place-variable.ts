/** The variable of the environment that holds, as JSON, the options that say where Redis is. */
export const placeVariable = 'LIGHTBUS_PLACE'
