//! What is stored is loaded as it was, or refused: recorded sessions stopped anywhere, and a fingerprint of each layout.

#[cfg(test)]
mod example;
#[cfg(test)]
mod frame;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod steps;
