//! Where families of samples go.

/// What a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until it begins again.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Quantiles.
    Summary,
}

/// A family of which each `T` gives one sample: its name, what it means, and how to read it.
pub type Column<T> = (&'static str, &'static str, fn(&T) -> Option<f64>);

/// Takes families, one after the other.
pub trait Sink: Sized {
    /// The samples that follow are of this family; `help` is one line. False where they need not be given.
    fn begin(&mut self, name: &'static str, kind: Kind, help: &'static str) -> bool;

    /// Takes one sample of the family that was begun last. Its value is finite.
    fn put(&mut self, labels: &[(&str, &str)], value: f64);

    /// Begins a family.
    fn family(&mut self, name: &'static str, kind: Kind, help: &'static str) -> Family<'_, Self> {
        let wanted = self.begin(name, kind, help);
        Family { sink: self, wanted }
    }

    /// A family of one sample without labels; nothing where there is no value.
    fn single(&mut self, name: &'static str, kind: Kind, help: &'static str, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into() {
            self.family(name, kind, help).sample(&[], value);
        }
    }

    /// A counter without labels.
    fn counter(&mut self, name: &'static str, help: &'static str, count: u64) {
        self.single(name, Kind::Counter, help, count as f64);
    }

    /// A gauge without labels; nothing where there is no value.
    fn gauge(&mut self, name: &'static str, help: &'static str, value: impl Into<Option<f64>>) {
        self.single(name, Kind::Gauge, help, value);
    }
}

/// The family that is being given.
#[derive(Debug)]
pub struct Family<'a, S> {
    sink: &'a mut S,
    wanted: bool,
}

impl<S: Sink> Family<'_, S> {
    /// Whether its samples have to be given: what is costly to find out need not be found out otherwise.
    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Gives a sample. One that is not finite is left out.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        if self.wanted && value.is_finite() {
            self.sink.put(labels, value);
        }
    }

    /// Gives a sample where there is a value.
    pub fn sample_if(&mut self, labels: &[(&str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.sample(labels, value);
        }
    }
}
