//! Screens: they select values from the store and hand them to components.
#![expect(unreachable_pub, reason = "the component macro makes its items public; the modules are private")]

mod feed;
mod latency;
mod live;
mod notices;
mod orders;
mod sources;

pub(crate) use live::LiveView;
pub(crate) use notices::Notices;
