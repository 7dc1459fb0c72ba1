//! A network that misbehaves: a relay between a client and a service that delays, slows down, cuts to pieces, swallows and breaks
//! what it carries.
//!
//! It works on bytes, as networks do, and knows nothing of what they mean. What is wrong at the moment is its [`Weather`], which
//! can be changed while connections are open.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// The most that is carried at a time.
const MOST: usize = 16 * 1024;

/// What is wrong with a network. All of it holds both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// How long every piece is held back.
    pub latency: Duration,
    /// How many bytes a second are carried; 0 for as many as there are.
    pub bytes_per_second: u32,
    /// Into pieces of how many bytes everything is cut; 0 for as it comes.
    pub piece: usize,
    /// Whether everything is swallowed, as by a network that is gone while both ends believe in their connection.
    pub swallows: bool,
}

/// A relay to one address. Dropping it breaks its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    weather: watch::Sender<Weather>,
    /// Counts the cuts: connections break when it is another than when they began.
    cuts: watch::Sender<u64>,
    /// How often something was made wrong.
    faults: AtomicU64,
    /// How often that hit something: an answer that was held back, cut to pieces or swallowed, or a connection that had one.
    hits: AtomicU64,
}

impl Proxy {
    /// A relay to `upstream`, `host:port`, in fair weather.
    ///
    /// # Errors
    /// There is no port for it.
    pub async fn start(upstream: String) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            weather: watch::Sender::new(Weather::default()),
            cuts: watch::Sender::new(0),
            faults: AtomicU64::new(0),
            hits: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, upstream, state.clone()));
        Ok(Self { address, state, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather for all connections. When it stops swallowing they break: bytes are missing in them.
    pub fn set(&self, weather: Weather) {
        if weather != Weather::default() {
            self.state.faults.fetch_add(1, Ordering::SeqCst);
        }
        let before = self.state.weather.send_replace(weather);
        if before.swallows && !weather.swallows {
            self.cut();
        }
    }

    /// Breaks all connections, as a crash of what is between does: both ends get a reset.
    pub fn cut(&self) {
        self.state.faults.fetch_add(1, Ordering::SeqCst);
        self.state.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// How often something was made wrong so far.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.state.faults.load(Ordering::SeqCst)
    }

    /// How often what was made wrong hit something that a service said, or a connection on which it had. What is wrong while nobody is there
    /// hits nothing.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.state.hits.load(Ordering::SeqCst)
    }

    /// Whether nothing is wrong now.
    #[must_use]
    pub fn is_fair(&self) -> bool {
        *self.state.weather.borrow() == Weather::default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, upstream: String, state: Arc<State>) {
    while let Ok((client, _)) = listener.accept().await {
        let (upstream, state) = (upstream.clone(), state.clone());
        tokio::spawn(async move {
            // One that breaks is what this is for.
            drop(carry(client, &upstream, &state).await);
        });
    }
}

/// Carries both ways until both ends have ended, or it is cut.
async fn carry(mut client: TcpStream, upstream: &str, state: &State) -> io::Result<()> {
    let mut cuts = state.cuts.subscribe();
    let mut server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let (answered, nobody) = (AtomicU64::new(0), AtomicU64::new(0));
    let both = async {
        tokio::try_join!(
            pump(from_client, to_server, state.weather.subscribe(), [&nobody, &nobody]),
            pump(from_server, to_client, state.weather.subscribe(), [&answered, &state.hits]),
        )
    };
    let carried = tokio::select! {
        _ = cuts.changed() => {
            let had_answers = answered.load(Ordering::SeqCst) > 0;
            state.hits.fetch_add(u64::from(had_answers), Ordering::SeqCst);
            None
        }
        carried = both => Some(carried),
    };
    if let Some(Ok(_)) = carried {
        return Ok(());
    }
    client.set_zero_linger()?;
    server.set_zero_linger()
}

/// Carries one way, and counts the pieces, and those that bad weather hit.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    weather: watch::Receiver<Weather>,
    [carried, hit]: [&AtomicU64; 2],
) -> io::Result<()> {
    let mut buffer = vec![0; MOST];
    loop {
        let most = weather.borrow().most();
        let read = from.read(&mut buffer[..most]).await?;
        let now = *weather.borrow();
        carried.fetch_add(1, Ordering::SeqCst);
        hit.fetch_add(u64::from(now != Weather::default()), Ordering::SeqCst);
        if now.swallows {
            if read == 0 {
                // Nobody hears of the end either, until it is cut.
                std::future::pending::<()>().await;
            }
            continue;
        }
        if read == 0 {
            return to.shutdown().await;
        }
        sleep(now.held_back(read)).await;
        to.write_all(&buffer[..read]).await?;
    }
}

impl Weather {
    /// How many bytes are carried at a time. What is slow goes in pieces of a tenth of a second.
    fn most(self) -> usize {
        let piece = if self.piece == 0 { MOST } else { self.piece.min(MOST) };
        let tenth = (self.bytes_per_second as usize / 10).max(1);
        if self.bytes_per_second == 0 { piece } else { piece.min(tenth) }
    }

    fn held_back(self, bytes: usize) -> Duration {
        let rate = f64::from(self.bytes_per_second);
        let slow =
            if rate > 0.0 { Duration::from_secs_f64(bytes as f64 / rate) } else { Duration::ZERO };
        self.latency + slow
    }
}

#[cfg(test)]
mod tests {
    use super::{Proxy, Weather};
    use std::{io::ErrorKind, time::Duration};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
        time::{Instant, timeout},
    };

    /// Both ends of a connection through a relay.
    async fn ends() -> (Proxy, TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let upstream = listener.local_addr().expect("an address").to_string();
        let proxy = Proxy::start(upstream).await.expect("a port");
        let client = TcpStream::connect(proxy.address()).await.expect("a connection");
        let (server, _) = listener.accept().await.expect("a connection");
        (proxy, client, server)
    }

    async fn arrives(from: &mut TcpStream, to: &mut TcpStream, bytes: usize) {
        let sent: Vec<u8> = (0..bytes).map(|byte| byte as u8).collect();
        let mut received = vec![0; bytes];
        let (wrote, read) = tokio::join!(from.write_all(&sent), to.read_exact(&mut received));
        wrote.expect("it can be written");
        read.expect("it arrives");
        assert_eq!(received, sent);
    }

    #[tokio::test]
    async fn all_bytes_arrive_in_their_order_both_ways() {
        let (proxy, mut client, mut server) = ends().await;
        arrives(&mut client, &mut server, 200_000).await;
        proxy.set(Weather { piece: 7, ..Weather::default() });
        assert_eq!((proxy.faults(), proxy.hits()), (1, 0), "nobody is hit yet");
        arrives(&mut server, &mut client, 50_000).await;
        assert!(proxy.hits() > 1_000, "{}", proxy.hits());
        drop(server);
        assert_eq!(client.read(&mut [0]).await.expect("an end"), 0);
    }

    #[tokio::test]
    async fn what_is_slow_or_far_takes_its_time() {
        let (proxy, mut client, mut server) = ends().await;
        proxy.set(Weather { bytes_per_second: 1_000, ..Weather::default() });
        let start = Instant::now();
        arrives(&mut client, &mut server, 300).await;
        assert!(start.elapsed() >= Duration::from_millis(290), "{:?}", start.elapsed());
        proxy.set(Weather { latency: Duration::from_millis(100), ..Weather::default() });
        let start = Instant::now();
        arrives(&mut client, &mut server, 1).await;
        assert!(start.elapsed() >= Duration::from_millis(100), "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_cut_is_a_reset_for_both_ends() {
        let (proxy, mut client, mut server) = ends().await;
        arrives(&mut client, &mut server, 10).await;
        proxy.cut();
        for end in [&mut client, &mut server] {
            let error = end.read(&mut [0]).await.expect_err("a reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
        assert_eq!(proxy.hits(), 0, "nothing had been answered");
        let (proxy, mut client, mut server) = ends().await;
        arrives(&mut server, &mut client, 10).await;
        proxy.cut();
        client.read(&mut [0]).await.expect_err("a reset");
        assert_eq!(proxy.hits(), 1);
    }

    #[tokio::test]
    async fn what_is_swallowed_never_arrives_and_the_connection_stays_until_it_stops() {
        let (proxy, mut client, mut server) = ends().await;
        arrives(&mut client, &mut server, 10).await;
        proxy.set(Weather { swallows: true, ..Weather::default() });
        client.write_all(b"lost").await.expect("it is taken");
        let mut byte = [0];
        let silent = timeout(Duration::from_millis(200), server.read(&mut byte)).await;
        assert!(silent.is_err(), "{silent:?}");
        proxy.set(Weather::default());
        let error = server.read(&mut byte).await.expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}
