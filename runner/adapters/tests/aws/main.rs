//! What goes over the wire to AWS, against the emulator at `NUCLEON_TEST_EMULATOR`.

#[cfg(test)]
mod commands;
#[cfg(test)]
mod lending;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod script;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod stacks;
#[cfg(test)]
mod support;
