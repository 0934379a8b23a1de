//! Screens: they select values from the store and hand them to components.
#![expect(unreachable_pub, reason = "the component macro makes its items public; the modules are private")]

mod alerting;
mod alerts;
mod away;
mod charts;
mod controls;
mod events;
mod facts;
mod feed;
mod funnel;
mod golive;
mod in_parts;
mod latency;
mod live;
mod notices;
mod objectives;
mod orders;
mod overlay;
mod preferences;
mod report;
mod sessions;
mod sources;
mod telling;

pub(crate) use alerting::AlertsView;
pub(crate) use alerts::Alerts;
pub(crate) use away::Away;
pub(crate) use charts::ChartsView;
pub(crate) use controls::Controls;
pub(crate) use events::EventsView;
pub(crate) use golive::GoLiveView;
pub(crate) use live::{LiveView, judgement};
pub(crate) use notices::Notices;
pub(crate) use objectives::ObjectivesView;
pub(crate) use overlay::{HelpSheet, Palette};
pub(crate) use preferences::Preferences;
pub(crate) use sessions::{DropTarget, SessionsView};
