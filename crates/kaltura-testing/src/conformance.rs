//! Whether a transport keeps its contract.
