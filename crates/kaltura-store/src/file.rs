//! Sessions in a folder, shared by the processes of one user on one machine.
