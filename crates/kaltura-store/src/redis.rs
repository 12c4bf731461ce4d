//! Sessions in Redis or Valkey, shared by machines.
