import { script } from './run-script.ts'

// A message is settled only by the consumer that owns it: the look at the owner and the act have to be one step, since
// another process may claim the message in between. XACK and XCLAIM alone do not look.

const owned = `
local function owned(stream, group, consumer, id)
  return #redis.call('XPENDING', stream, group, id, id, 1, consumer) == 1
end
`

/** KEYS stream · ARGV group, consumer, id · 1 if acknowledged, 0 if somebody else owns the entry. */
export const acknowledgeScript = script(`${owned}
if not owned(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then return 0 end
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])`)

/** KEYS stream · ARGV group, consumer, idle ms, ids… · sets how long the entries count as idle; returns the ids that somebody else owns. */
export const renewScript = script(`${owned}
local lost = {}
for i = 4, #ARGV do
  if owned(KEYS[1], ARGV[1], ARGV[2], ARGV[i]) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost`)

/** KEYS stream, dead letter stream · ARGV group, consumer, id, fields… · written and acknowledged at once, so that a crash neither loses nor doubles it. */
export const deadLetterScript = script(`${owned}
if not owned(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then return 0 end
local letter = {}
local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
if entry then letter = entry[2] end
for i = 4, #ARGV do letter[#letter + 1] = ARGV[i] end
redis.call('XADD', KEYS[2], '*', unpack(letter))
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])`)
