-- KEYS: lease, backoff
-- ARGV: id of the lease, failure, duration of the backoff, channel
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], ARGV[3] .. ' ' .. ARGV[2], 'PX', ARGV[3])
  redis.pcall('PUBLISH', ARGV[4], '')
end
return 0
