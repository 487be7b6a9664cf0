//! One supervised program: started with its environment and log, watched, revived when it dies, stopped in order.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::process::Child;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::error::{Error, FileResult};
use crate::leash::{Leash, leashed, send_signal};

const POLL: Duration = Duration::from_millis(15);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// Who has lived this long did not die of what killed it before.
const HEALTHY_LIFE: Duration = Duration::from_secs(10);
const TAIL_LINES: usize = 15;
const TAIL_BYTES: u64 = 16 * 1024;

/// What to run and how to see that it is well.
#[derive(Debug, Clone)]
pub struct Program {
    /// How it is called in messages, e.g. `catalog` or, for a second replica, `catalog-1`.
    pub name: String,
    pub binary: PathBuf,
    pub args: Vec<String>,
    /// Added to our own environment, of which no `GOVSHARE__` setting is passed on.
    pub env: Vec<(String, String)>,
    /// Its gRPC endpoint, `http://address:port`, which answers `grpc.health.v1` without a token.
    pub health: String,
    /// stdout and stderr are appended to this file.
    pub log: PathBuf,
    /// Whether it is started again, after a growing pause, when it ends without being told to. Who ends before
    /// having served at all is not: that is a wrong setting, which a repetition does not mend.
    pub revive: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Running {
        pid: u32,
    },
    /// Ended by itself or by [`Process::kill9`].
    Down {
        how: String,
    },
    Stopped,
}

/// Hears whether a life that was ordered has begun.
type Started = oneshot::Sender<Result<(), Error>>;

enum Order {
    Kill(oneshot::Sender<()>),
    Start(Started),
    Stop(Duration, oneshot::Sender<()>),
}

impl Program {
    /// Runs it to its end, unsupervised; an end other than success is an error with the end of its log.
    pub async fn run_to_end(&self) -> Result<(), Error> {
        let status = Life::begin(self)?.ended().await;
        let what = match status {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => format!("ended with {status}"),
            Err(error) => error.to_string(),
        };
        let program = format!("{} {}", self.name, self.args.join(" "));
        Err(Error::NotReady { program, what, tail: tail(&self.log), log: self.log.clone() })
    }
}

/// A supervised program. Dropping it kills the program; [`Process::stop`] is the orderly way.
pub struct Process {
    program: Arc<Program>,
    orders: mpsc::Sender<Order>,
    state: watch::Receiver<State>,
    has_served: Arc<AtomicBool>,
    supervisor: AbortHandle,
}

impl Process {
    /// Starts `program`. Whether it comes up is what [`Process::ready`] tells.
    pub fn spawn(program: Program) -> Result<Process, Error> {
        let program = Arc::new(program);
        let life = Life::begin(&program)?;
        let (announce, state) = watch::channel(life.state());
        let (orders, received) = mpsc::channel(4);
        let has_served = Arc::new(AtomicBool::new(false));
        let task = supervise(program.clone(), has_served.clone(), life, received, announce);
        let supervisor = tokio::spawn(task).abort_handle();
        Ok(Process { program, orders, state, has_served, supervisor })
    }

    pub fn name(&self) -> &str {
        &self.program.name
    }

    /// `None` while it is down.
    pub fn pid(&self) -> Option<u32> {
        match *self.state.borrow() {
            State::Running { pid } => Some(pid),
            State::Down { .. } | State::Stopped => None,
        }
    }

    /// Returns once the program answers its health check with SERVING; fails, with the end of its log, if it ends
    /// before that or needs longer than `patience`.
    pub async fn ready(&self, patience: Duration) -> Result<(), Error> {
        let mut state = self.state.clone();
        let ended = async {
            match state.wait_for(|state| !matches!(state, State::Running { .. })).await.as_deref() {
                Ok(State::Down { how }) => how.clone(),
                _ => "was stopped".to_owned(),
            }
        };
        let what = tokio::select! {
            biased;
            how = ended => how,
            () = serving(&self.program.health) => {
                self.has_served.store(true, Ordering::Relaxed);
                return Ok(());
            }
            () = tokio::time::sleep(patience) => format!("is not ready after {} s", patience.as_secs_f32()),
        };
        let log = self.program.log.clone();
        Err(Error::NotReady { program: self.program.name.clone(), what, tail: tail(&log), log })
    }

    /// SIGKILL. It stays down until [`Process::restart`].
    pub async fn kill9(&self) {
        self.order(Order::Kill).await;
    }

    /// Starts it again where it was, if it is down; [`Process::ready`] tells when it serves.
    pub async fn restart(&self) -> Result<(), Error> {
        self.order(Order::Start).await.unwrap_or(Ok(()))
    }

    /// SIGTERM, then SIGKILL after `patience`.
    pub async fn stop(&self, patience: Duration) {
        self.order(|done| Order::Stop(patience, done)).await;
    }

    /// `None` if it was stopped for good before.
    async fn order<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Option<T> {
        let (done, answer) = oneshot::channel();
        self.orders.send(order(done)).await.ok()?;
        answer.await.ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

/// One run of the program, from start to end.
struct Life {
    child: Child,
    leash: Option<Leash>,
    pid: u32,
    since: Instant,
}

impl Life {
    fn begin(program: &Program) -> Result<Life, Error> {
        let open = || OpenOptions::new().create(true).append(true).open(&program.log);
        let log = open().or_file("open", &program.log)?;
        let errors = log.try_clone().or_file("open", &program.log)?;
        let mut command = leashed(&program.binary, "TERM", None);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GOVSHARE__"))
        {
            command.env_remove(name);
        }
        command.args(&program.args).envs(program.env.iter().cloned()).stdout(log).stderr(errors);
        let spawned = tokio::process::Command::from(command).kill_on_drop(true).spawn();
        let failed = |source| Error::Spawn { program: program.binary.display().to_string(), source };
        let mut child = spawned.map_err(failed)?;
        let stdin = child.stdin.take().expect("stdin is piped").into_owned_fd().map_err(failed)?;
        let pid = child.id().expect("it has not been waited for");
        Ok(Life { child, leash: Some(Leash::new(stdin)), pid, since: Instant::now() })
    }

    fn state(&self) -> State {
        State::Running { pid: self.pid }
    }

    async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        let status = self.child.wait().await;
        if let Some(leash) = self.leash.take() {
            leash.release();
        }
        status
    }

    async fn kill(&mut self) {
        // It fails only if the child has ended by itself.
        let _ = self.child.start_kill();
        let _ = self.ended().await;
    }

    async fn stop(&mut self, patience: Duration) {
        send_signal(self.pid, "TERM");
        if tokio::time::timeout(patience, self.ended()).await.is_err() {
            self.kill().await;
        }
    }
}

/// Lives one life after the other until it is told to stop.
async fn supervise(
    program: Arc<Program>,
    has_served: Arc<AtomicBool>,
    mut life: Life,
    mut orders: mpsc::Receiver<Order>,
    state: watch::Sender<State>,
) {
    let mut backoff = FIRST_BACKOFF;
    loop {
        let revive = tokio::select! {
            status = life.ended() => {
                let how = status.map_or_else(|error| error.to_string(), |status| format!("ended with {status}"));
                let revive = program.revive && has_served.load(Ordering::Relaxed);
                if revive {
                    eprintln!("{} {how}; starting it again, see {}", program.name, program.log.display());
                }
                state.send_replace(State::Down { how });
                revive
            }
            order = orders.recv() => match order {
                Some(Order::Kill(done)) => {
                    life.kill().await;
                    state.send_replace(State::Down { how: "was killed".to_owned() });
                    let _ = done.send(());
                    false
                }
                Some(Order::Start(done)) => {
                    let _ = done.send(Ok(()));
                    continue;
                }
                Some(Order::Stop(patience, done)) => {
                    life.stop(patience).await;
                    state.send_replace(State::Stopped);
                    let _ = done.send(());
                    return;
                }
                None => return,
            }
        };
        if life.since.elapsed() >= HEALTHY_LIFE {
            backoff = FIRST_BACKOFF;
        }
        let Some((next, ordered)) = next_life(&program, &mut orders, revive.then_some(backoff)).await else {
            state.send_replace(State::Stopped);
            return;
        };
        backoff = (backoff * 2).min(LONGEST_BACKOFF);
        life = next;
        state.send_replace(life.state());
        // Only now: whoever ordered it may ask for its state at once.
        if let Some(done) = ordered {
            let _ = done.send(Ok(()));
        }
    }
}

/// Begins the next life when ordered to, or after `pause` if there is one, and says who waits for it; `None` when
/// told to stop.
async fn next_life(
    program: &Program,
    orders: &mut mpsc::Receiver<Order>,
    pause: Option<Duration>,
) -> Option<(Life, Option<Started>)> {
    let mut pause = pause;
    loop {
        let wake = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wake => match Life::begin(program) {
                Ok(life) => return Some((life, None)),
                Err(error) => {
                    eprintln!("{}: {error}", program.name);
                    pause = Some(LONGEST_BACKOFF);
                }
            },
            order = orders.recv() => match order {
                Some(Order::Start(done)) => match Life::begin(program) {
                    Ok(life) => return Some((life, Some(done))),
                    Err(error) => {
                        let _ = done.send(Err(error));
                    }
                },
                Some(Order::Kill(done)) => {
                    pause = None;
                    let _ = done.send(());
                }
                Some(Order::Stop(_, done)) => {
                    let _ = done.send(());
                    return None;
                }
                None => return None,
            },
        }
    }
}

/// Returns once the program behind `endpoint` says that it serves.
async fn serving(endpoint: &str) {
    loop {
        if is_serving(endpoint).await {
            return;
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn is_serving(endpoint: &str) -> bool {
    let Ok(endpoint) = Endpoint::from_shared(endpoint.to_owned()) else { return false };
    let endpoint = endpoint.connect_timeout(Duration::from_secs(1)).timeout(Duration::from_secs(1));
    let Ok(channel) = endpoint.connect().await else { return false };
    let answer = HealthClient::new(channel).check(HealthCheckRequest { service: String::new() }).await;
    answer.is_ok_and(|answer| answer.get_ref().status() == ServingStatus::Serving)
}

/// The last lines of a log, for a message.
fn tail(log: &Path) -> String {
    let read = || {
        let mut file = std::fs::File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        std::io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_else(|error| error.to_string());
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
