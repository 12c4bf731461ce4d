-- KEYS: lease
-- ARGV: id of the lease, channel
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.pcall('PUBLISH', ARGV[2], '')
end
return 0
