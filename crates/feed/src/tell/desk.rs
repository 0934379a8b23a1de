//! Who tells: what is said to whom goes into queues, and each receiver's thread empties its own.
//!
//! Invariants: nothing here waits but the threads; a thread ends soon after it is told to, with what could be sent until
//! then.

use std::{
    fs, io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use aurora_domain::{
    Ts,
    rules::{Alert, AlertState},
    telling::{News, Teller, Turn},
};
use tracing::{info, warn};

use super::{
    config::{Kind, Receiver, Receivers},
    message::{self, Context},
    outbox::{Counts, Next, Outbox, Outcome},
    post::{Answer, Post},
};

/// The severity of what is told to nobody: it only shows that alerting works.
const UNTOLD: &str = "none";

/// One receiver: its queue, and how it goes.
pub(crate) struct Desk {
    name: String,
    kind: &'static str,
    started: Instant,
    inner: Mutex<Inner>,
    news: Condvar,
}

#[derive(Default)]
struct Inner {
    outbox: Outbox<String>,
    last_error: Option<String>,
    closing: bool,
}

/// How it goes with a receiver.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) counts: Counts,
    pub(super) waiting: usize,
    pub(super) available: bool,
    pub(super) last_error: Option<String>,
}

impl Desk {
    fn new(receiver: &Receiver) -> Self {
        Self {
            name: receiver.name.clone(),
            kind: receiver.kind.name(),
            started: Instant::now(),
            inner: Mutex::default(),
            news: Condvar::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(super) fn figures(&self) -> Figures {
        let inner = self.inner();
        Figures {
            counts: inner.outbox.counts(),
            waiting: inner.outbox.len(),
            available: inner.outbox.is_available(),
            last_error: inner.last_error.clone(),
        }
    }

    fn push(&self, message: String, replaceable: bool) {
        let now = self.started.elapsed();
        self.inner().outbox.push(message, replaceable, now);
        self.news.notify_one();
    }

    fn close(&self) {
        self.inner().closing = true;
        self.news.notify_one();
    }

    /// Sends until it is closed.
    fn run(&self, post: &Post) {
        let mut inner = self.inner();
        loop {
            let now = self.started.elapsed();
            // A receiver that fails is not waited for at the end.
            if inner.closing && inner.outbox.is_failing() {
                return;
            }
            match inner.outbox.next(now) {
                Next::Try(waiting) => {
                    drop(inner);
                    let answer = post.send(&waiting.message);
                    inner = self.inner();
                    let (outcome, error) = self.heard(answer, &inner);
                    let was_available = inner.outbox.is_available();
                    inner.outbox.report(waiting, outcome, self.started.elapsed());
                    inner.last_error = error;
                    if was_available && !inner.outbox.is_available() {
                        let (receiver, kind) = (&self.name, self.kind);
                        warn!(
                            receiver,
                            kind, "alerts: the receiver keeps failing: it is tried once a minute now"
                        );
                    }
                }
                Next::Nothing | Next::At(_) if inner.closing => return,
                Next::Nothing => {
                    inner = self.news.wait(inner).unwrap_or_else(PoisonError::into_inner);
                }
                Next::At(at) => {
                    let wait = at.saturating_sub(now);
                    let woken = self.news.wait_timeout(inner, wait);
                    inner = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// What a try's answer means; said in the log where it is news.
    fn heard(&self, answer: Answer, inner: &Inner) -> (Outcome, Option<String>) {
        let (name, kind) = (&self.name, self.kind);
        match answer {
            Answer::Taken => {
                if inner.last_error.is_some() {
                    info!(receiver = name, kind, "alerts: the receiver takes messages again");
                }
                (Outcome::Sent, None)
            }
            Answer::Failed(why) => {
                if !inner.outbox.is_failing() {
                    warn!(
                        receiver = name,
                        kind, "alerts: the receiver cannot be told: {why}; it is tried again"
                    );
                }
                (Outcome::Failed, Some(why))
            }
            Answer::Refused(why) => {
                if inner.last_error.as_ref() != Some(&why) {
                    warn!(receiver = name, kind, "alerts: the receiver does not take a message: {why}");
                }
                (Outcome::Refused, Some(why))
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told to one receiver.
struct Line {
    receiver: Receiver,
    desk: Arc<Desk>,
    thread: JoinHandle<()>,
    /// News that wait for others to go with them, and since when.
    gathered: Vec<News>,
    since: Option<Ts>,
    /// When all alerts, or the sign of life, were sent last.
    repeated: Option<Ts>,
}

/// Tells all receivers.
pub(crate) struct Telling {
    teller: Teller,
    lines: Vec<Line>,
    group_wait: Duration,
    context: Context,
}

impl Telling {
    /// Starts a thread for each receiver.
    ///
    /// # Errors
    /// When one cannot be started.
    pub(crate) fn start(receivers: Receivers) -> io::Result<Self> {
        let Receivers { list, roots, group_wait, external_url, labels } = receivers;
        let mut lines = Vec::new();
        for receiver in list {
            let desk = Arc::new(Desk::new(&receiver));
            let post = Post::new(receiver.address.clone(), Arc::clone(&roots));
            let own = Arc::clone(&desk);
            let thread =
                std::thread::Builder::new().name("receiver".to_owned()).spawn(move || own.run(&post))?;
            lines.push(Line { receiver, desk, thread, gathered: Vec::new(), since: None, repeated: None });
        }
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = Some(host.trim().to_owned()).filter(|host| !host.is_empty());
        let context = Context {
            labels,
            external_url,
            host: host.unwrap_or_else(|| "aurora-feed".to_owned()),
            session: None,
        };
        Ok(Self { teller: Teller::default(), lines, group_wait, context })
    }

    /// The receivers.
    pub(crate) fn desks(&self) -> Vec<Arc<Desk>> {
        self.lines.iter().map(|line| Arc::clone(&line.desk)).collect()
    }

    /// Goes on from alerts that were told before a restart. `PagerDuty` is told once more how they stand, which it takes
    /// for the same incidents, for the last message may not have arrived.
    pub(crate) fn resume(&mut self, now: Ts, alerts: &[Alert]) {
        self.teller.assume_told(alerts);
        let again = alerts.iter().filter_map(|alert| {
            let turn = match alert.state {
                AlertState::Pending => return None,
                AlertState::Firing => Turn::Fires,
                AlertState::Resolved => Turn::Ends,
            };
            Some(News { turn, at: now, alert: alert.clone() })
        });
        let again: Vec<News> = again.collect();
        for line in self.lines.iter_mut().filter(|line| matches!(line.receiver.kind, Kind::PagerDuty { .. }))
        {
            line.tell(now, &again, &self.context, Duration::ZERO);
        }
    }

    /// Tells what is new at `now` among `alerts`, which are all that there are.
    pub(crate) fn look(&mut self, now: Ts, alerts: &[Alert], session: Option<&str>) {
        if self.context.session.as_deref() != session {
            self.context.session = session.map(str::to_owned);
        }
        let news = self.teller.look(now, alerts);
        for line in &mut self.lines {
            match line.receiver.kind {
                Kind::Alertmanager { resend } => {
                    if !news.is_empty() || line.is_due(now, resend) {
                        line.repeated = Some(now);
                        let until = now.plus_seconds(seconds(resend) * 4);
                        let wanted: Vec<Alert> =
                            alerts.iter().filter(|alert| line.receiver.wants(alert)).cloned().collect();
                        line.desk.push(message::alertmanager(&wanted, until, &self.context), true);
                    }
                }
                Kind::Slack | Kind::PagerDuty { .. } | Kind::Webhook { .. } => {
                    line.tell(now, &news, &self.context, self.group_wait);
                    line.show_life(now, alerts, &self.context);
                }
            }
        }
    }

    /// How many alerts flap.
    pub(crate) fn flapping(&self) -> usize {
        self.teller.flapping()
    }

    /// Sends what waits for others, and waits for the threads, which end as soon as they can.
    pub(crate) fn close(self) {
        for mut line in self.lines {
            line.flush(&self.context);
            line.desk.close();
            line.thread.join().ok();
        }
    }
}

impl Line {
    /// Takes the news that its receiver wants, and sends them: each at once to who is paged, else those together that
    /// come within `wait`.
    fn tell(&mut self, now: Ts, news: &[News], context: &Context, wait: Duration) {
        let told = |one: &&News| one.alert.severity() != UNTOLD && self.receiver.wants(&one.alert);
        let wanted: Vec<News> = news.iter().filter(told).cloned().collect();
        if let Kind::PagerDuty { key } = &self.receiver.kind {
            for one in &wanted {
                self.desk.push(message::pagerduty(one, key.expose(), context), false);
            }
            return;
        }
        if !wanted.is_empty() {
            self.since.get_or_insert(now);
            self.gathered.extend(wanted);
        }
        if self.since.is_some_and(|since| now.second() - since.second() >= seconds(wait)) {
            self.flush(context);
        }
    }

    fn flush(&mut self, context: &Context) {
        self.since = None;
        let news = std::mem::take(&mut self.gathered);
        if news.is_empty() {
            return;
        }
        let body = match self.receiver.kind {
            Kind::Slack => message::slack(&news, context),
            _ => message::webhook(&news, &self.receiver.name, context),
        };
        self.desk.push(body, false);
    }

    /// Sends the sign of life where it was asked for and there is one.
    fn show_life(&mut self, now: Ts, alerts: &[Alert], context: &Context) {
        let Kind::Webhook { watchdog: Some(every) } = self.receiver.kind else { return };
        let is_sign = |alert: &&Alert| alert.state == AlertState::Firing && alert.severity() == UNTOLD;
        let signs: Vec<News> = alerts
            .iter()
            .filter(is_sign)
            .map(|alert| News { turn: Turn::Fires, at: now, alert: alert.clone() })
            .collect();
        if !signs.is_empty() && self.is_due(now, every) {
            self.repeated = Some(now);
            self.desk.push(message::webhook(&signs, &self.receiver.name, context), true);
        }
    }

    fn is_due(&self, now: Ts, every: Duration) -> bool {
        self.repeated.is_none_or(|at| now.second() - at.second() >= seconds(every))
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
