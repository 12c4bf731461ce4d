-- KEYS: session, lease, backoff
-- ARGV: id of the lease, duration of a lease, id of the held session or '', least time left,
--   '1' if the session is known to be unreadable, '1' if the backoff is
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local unreadable = 0
local session = redis.call('GET', KEYS[1])
if session and ARGV[5] == '1' then
  unreadable = 1
elseif session then
  local readable, record = pcall(cjson.decode, session)
  if not readable or type(record) ~= 'table' or type(record.version) ~= 'number' then
    unreadable = 1
  elseif record.version == 1 then
    local expiry, life = tonumber(record.expires_at_ms), tonumber(record.lifetime_ms)
    if not expiry or not life or type(record.id) ~= 'string' then
      unreadable = 1
    else
      -- More time left than was granted: the clock was set back, and the session may have ended.
      local left = expiry - now
      if left > 0 and left <= life and left > tonumber(ARGV[4]) and record.id ~= ARGV[3] then
        return {'session', math.min(left, 2 ^ 52), session}
      end
    end
  end
end
local backoff = redis.call('GET', KEYS[3])
if backoff and ARGV[6] ~= '1' then
  local left, duration = redis.call('PTTL', KEYS[3]), tonumber(string.match(backoff, '^%d+'))
  if duration and left > 0 and left <= duration then
    return {'backoff', left, backoff}
  end
end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then
  local left = redis.call('PTTL', KEYS[2])
  if left >= 0 and left <= tonumber(ARGV[2]) then
    return {'held', left}
  end
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {'lease', now, unreadable}
