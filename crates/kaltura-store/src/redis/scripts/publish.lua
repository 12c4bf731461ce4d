-- KEYS: session, lease, backoff
-- ARGV: id of the lease or '', record, its expiry, its lifetime, id of the replaced session or '', channel
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- First, so that a session that cannot be stored blocks no other process.
if redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('DEL', KEYS[2])
end
local expiry = tonumber(ARGV[3])
local left = expiry - now
local answer = 'stored'
if left <= 0 or left > tonumber(ARGV[4]) then
  answer = 'expired'
else
  local session = redis.call('GET', KEYS[1])
  local readable, record = pcall(cjson.decode, session or '')
  if readable and type(record) == 'table' and record.version == 1 then
    local stored, life = tonumber(record.expires_at_ms), tonumber(record.lifetime_ms)
    if stored and life and stored - now <= life and stored > expiry and record.id ~= ARGV[5] then
      answer = 'kept'
    end
  end
end
if answer == 'stored' then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', math.min(left, 2 ^ 52))
  redis.call('DEL', KEYS[3])
end
-- Last, and without effect on the rest: the user may have no right for the channel.
redis.pcall('PUBLISH', ARGV[6], '')
return answer
