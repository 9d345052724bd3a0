//! Redis-servers and sentinels as processes of a test's own: what the live tests of Sentinel share.
//!
//! Nothing here waits for a time to pass, but for conditions, and for them long.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use quorate::resp::{Decoder, Value, encode_command};

/// Longer than anything should take, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the sentinels call the master.
pub const MASTER: &str = "mymaster";

/// Waits until it is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A connection to a server that may end.
pub struct Link {
    socket: TcpStream,
    decoder: Decoder,
}

impl Link {
    /// Connects to a port of this machine.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn open(port: u16) -> io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let socket = TcpStream::connect_timeout(&address, Duration::from_secs(10))?;
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            decoder: Decoder::default(),
        })
    }

    /// Sends commands in one go, which the server then runs with nothing between them, and waits for all replies.
    ///
    /// # Errors
    /// Those of the socket, and what is no RESP.
    pub fn call(&mut self, commands: &[&str]) -> io::Result<Vec<Value>> {
        let mut bytes = Vec::new();
        for command in commands {
            let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
            encode_command(&words, &mut bytes);
        }
        self.socket.write_all(&bytes)?;
        commands.iter().map(|_| self.reply()).collect()
    }

    /// The next reply.
    ///
    /// # Errors
    /// Those of the socket, and what is no RESP.
    pub fn reply(&mut self) -> io::Result<Value> {
        loop {
            let reply = self
                .decoder
                .poll()
                .map_err(|error| io::Error::other(error.to_string()))?;
            if let Some(reply) = reply {
                return Ok(reply.to_value());
            }
            let count = self.socket.read(self.decoder.reserve(16 << 10))?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.decoder.commit(count).expect("no more than was reserved");
        }
    }
}

/// One process on a port of its own, with a folder of its own. It ends with the test.
pub struct Process {
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    /// Where it listens.
    pub port: u16,
    child: Option<Child>,
    stopped: bool,
}

impl Process {
    /// Starts a redis-server with these further arguments.
    pub fn server(arguments: &[&str]) -> Self {
        Self::server_on(free_port(), arguments)
    }

    /// Starts a redis-server with these further arguments on that port.
    pub fn server_on(port: u16, arguments: &[&str]) -> Self {
        // With a file, for sentinels have it rewritten.
        let config = format!(
            "port {port}\nbind 127.0.0.1\nsave \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n\
             repl-timeout 60\nloglevel notice\n"
        );
        Self::start_with("redis-server".into(), port, &config, &[], arguments)
    }

    /// Starts a real sentinel with these lines in its file.
    pub fn real_sentinel(lines: &[String]) -> Self {
        let port = free_port();
        let config = format!("port {port}\nbind 127.0.0.1\n{}\n", lines.join("\n"));
        Self::start_with("redis-server".into(), port, &config, &["--sentinel"], &[])
    }

    /// Starts the example with these lines in its file.
    pub fn our_sentinel(lines: &[String]) -> Self {
        let port = free_port();
        let config = format!("port {port}\n{}\n", lines.join("\n"));
        Self::start_with(example(), port, &config, &["--scripts"], &[])
    }

    fn start_with(program: PathBuf, port: u16, config: &str, mode: &[&str], arguments: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("quorate-sentinels-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("the.conf");
        fs::write(&file, config).expect("a file");
        let mut words = vec![file.to_string_lossy().into_owned()];
        words.extend(mode.iter().chain(arguments).map(|word| (*word).to_owned()));
        let mut process = Self {
            program,
            arguments: words,
            folder,
            port,
            child: None,
            stopped: false,
        };
        process.start();
        process
    }

    /// Starts it, and waits until it answers. It finds its file as it left it.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let log = || {
            let mut options = File::options();
            options
                .create(true)
                .append(true)
                .open(self.folder.join("log"))
                .expect("a file")
        };
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log())
            .stderr(log())
            .spawn();
        self.child = Some(child.expect("it starts"));
        until("it answers", || {
            let ended = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().expect("a child of ours"));
            assert!(ended.is_none(), "it ended:\n{}", self.log());
            self.try_ask("PING")
                .is_ok_and(|reply| reply == Value::SimpleString("PONG".into()))
        });
    }

    /// SIGKILL: it learns nothing of it.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let ended = child.try_wait().expect("a child of ours");
        assert!(ended.is_none(), "it ended by itself:\n{}", self.log());
        child.kill().expect("a child of ours");
        child.wait().expect("a child of ours");
    }

    /// SIGSTOP: it stands still.
    pub fn pause(&mut self) {
        self.signal("-STOP");
        self.stopped = true;
    }

    /// SIGCONT: it goes on as if nothing had been.
    pub fn go_on(&mut self) {
        self.signal("-CONT");
        self.stopped = false;
    }

    fn signal(&self, name: &str) {
        let id = self.child.as_ref().expect("it runs").id();
        let kill = format!("kill {name} {id}");
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.expect("a shell").success(), "{kill}");
    }

    /// Whether it runs, and does not stand still.
    pub fn is_there(&self) -> bool {
        self.child.is_some() && !self.stopped
    }

    /// Asks it something over a connection of its own, until it answers: when a failover has it drop its clients, that is not at
    /// once.
    pub fn ask(&self, command: &str) -> Value {
        let mut answer = Err(io::ErrorKind::NotConnected.into());
        until(&format!("{} answers {command}", self.port), || {
            answer = self.try_ask(command);
            answer.is_ok()
        });
        answer.expect("it answered")
    }

    /// Asks it something over a connection of its own, once.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn try_ask(&self, command: &str) -> io::Result<Value> {
        Ok(Link::open(self.port)?.call(&[command])?.remove(0))
    }

    /// Its answer in the canonical text of values.
    pub fn say(&self, command: &str) -> String {
        self.ask(command).to_string()
    }

    /// What comes back as names and values in turn, or as the lines of `INFO`, by name.
    pub fn fields(&self, command: &str) -> BTreeMap<String, String> {
        fields(&self.ask(command))
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.read("log")
    }

    /// Its configuration file, as it is now.
    pub fn file(&self) -> String {
        self.read("the.conf")
    }

    /// A file in its folder, which is where its scripts run too; nothing if there is none.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    // ---- questions to sentinels

    /// The port at which a sentinel has the master of that name.
    pub fn master_port(&self, name: &str) -> u16 {
        let Value::Array(address) = self.ask(&format!("SENTINEL GET-MASTER-ADDR-BY-NAME {name}")) else {
            panic!("{name} is monitored");
        };
        text(&address[1]).parse().expect("a port")
    }

    /// A number of `SENTINEL MASTER`, 0 if it is not there.
    pub fn number(&self, name: &str, field: &str) -> u64 {
        let fields = self.fields(&format!("SENTINEL MASTER {name}"));
        fields.get(field).map_or(0, |value| value.parse().unwrap_or(0))
    }

    /// `SENTINEL SET`.
    pub fn set(&self, name: &str, option: &str, value: &str) {
        assert_eq!(self.say(&format!("SENTINEL SET {name} {option} {value}")), r#""OK""#);
    }

    /// Waits until it has logged that.
    pub fn wait_for_log(&self, what: &str) {
        until(&format!("{} logs {what}", self.port), || self.log().contains(what));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let port = self.port;
            println!("{port}:\n{}\n", lines[lines.len().saturating_sub(40)..].join("\n"));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A string of a reply.
pub fn text(value: &Value) -> String {
    String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned()
}

/// Names and values in turn, or the lines of `INFO`, by name.
pub fn fields(value: &Value) -> BTreeMap<String, String> {
    match value {
        Value::Array(items) => items
            .chunks_exact(2)
            .map(|pair| (text(&pair[0]), text(&pair[1])))
            .collect(),
        other => {
            let info = text(other);
            let lines = info.lines().filter_map(|line| line.split_once(':'));
            lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        }
    }
}

/// The lines of a sentinel's file for a master: soon held for down, and soon failed over.
pub fn master_lines(name: &str, port: u16, quorum: u32) -> Vec<String> {
    vec![
        format!("sentinel monitor {name} 127.0.0.1 {port} {quorum}"),
        format!("sentinel down-after-milliseconds {name} 2000"),
        format!("sentinel failover-timeout {name} 4000"),
        format!("sentinel parallel-syncs {name} 5"),
    ]
}

/// Lets a sentinel do sooner what it does every ten seconds, and believe a clock that jumps as those of busy machines do.
pub fn hurry(sentinel: &Process) {
    let debug = "SENTINEL DEBUG info-period 1000 publish-period 500 tilt-trigger 60000";
    assert_eq!(sentinel.say(debug), r#""OK""#);
}

/// A port that nobody listens on. It is below those that systems give out by themselves: a server that is down must not lose its
/// port to a connection of another, not even to one that tries to reach it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let from = 10_000 + (std::process::id() % 90) as u16 * 100;
        let port = from + NEXT.fetch_add(1, SeqCst);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Builds the example, once, and says where its program is.
fn example() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| build("quorate-sentinel-example", "sentinel-node"));
    program.clone()
}

fn build(package: &str, program: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--package", package, "--bin", program])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the example builds");
    let messages = String::from_utf8(output.stdout).expect("JSON");
    let paths = messages.split("\"executable\":\"").skip(1);
    let path = paths.last().and_then(|rest| rest.split('"').next());
    PathBuf::from(path.expect("cargo names the program").replace("\\\\", "\\"))
}
