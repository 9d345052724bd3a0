//! A client over a socket, as small as it can be, and redis-servers of our own: what the live tests share.

pub mod sentinels;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use quorate::resp::{Decoder, Value, encode_command, encode_pipeline};

/// The port of the server to test against. Without one it says so, past the test harness, and the test is skipped; where
/// `CI` is `true`, it fails.
pub fn port(test: &str) -> Option<u16> {
    let port = std::env::var("QUORATE_REDIS_PORT").ok();
    if port.is_none() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "QUORATE_REDIS_PORT is not set"
        );
        let _ = writeln!(io::stderr(), "\nSKIP {test}: QUORATE_REDIS_PORT is not set");
    }
    port.map(|port| port.parse().expect("QUORATE_REDIS_PORT is a port"))
}

/// A socket and a decoder.
pub struct Client {
    socket: TcpStream,
    decoder: Decoder,
    pushes: Vec<Value>,
}

impl Client {
    /// Connects to a server on this machine and speaks RESP2 (2) or RESP3 (3).
    pub fn connect(port: u16, protocol: u8) -> Self {
        let socket = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        socket
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a timeout");
        socket.set_nodelay(true).expect("no delay");
        let mut client = Self {
            socket,
            decoder: Decoder::default(),
            pushes: Vec::new(),
        };
        let hello = client.call(&[b"HELLO", protocol.to_string().as_bytes()]);
        assert!(!hello.is_error(), "{hello}");
        client
    }

    /// Sends a command and waits for its reply.
    pub fn call(&mut self, args: &[&[u8]]) -> Value {
        let mut bytes = Vec::new();
        encode_command(args, &mut bytes);
        self.send(&bytes);
        self.reply()
    }

    /// Sends commands in one go and waits for all replies.
    pub fn pipeline(&mut self, commands: &[Vec<Vec<u8>>]) -> Vec<Value> {
        let borrowed: Vec<Vec<&[u8]>> = commands
            .iter()
            .map(|command| command.iter().map(Vec::as_slice).collect())
            .collect();
        let mut bytes = Vec::new();
        encode_pipeline(borrowed.iter().map(Vec::as_slice), &mut bytes);
        // Many replies may fill the socket's buffers before all commands are written.
        let mut writer = self.socket.try_clone().expect("a second handle");
        let sender = thread::spawn(move || writer.write_all(&bytes).expect("the server reads"));
        let replies = commands.iter().map(|_| self.reply()).collect();
        sender.join().expect("all was sent");
        replies
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the server reads");
    }

    /// The next reply; pushes before it are kept for [`Client::push`].
    pub fn reply(&mut self) -> Value {
        loop {
            let message = self.message();
            if !is_push(&message) {
                return message;
            }
            self.pushes.push(message);
        }
    }

    /// The next push; there must be no reply before it.
    pub fn push(&mut self) -> Value {
        if !self.pushes.is_empty() {
            return self.pushes.remove(0);
        }
        let message = self.message();
        assert!(is_push(&message), "{message} is no push");
        message
    }

    /// The next reply or push, read straight into the decoder's own buffer.
    pub fn message(&mut self) -> Value {
        loop {
            if let Some(view) = self.decoder.poll().expect("the server speaks RESP") {
                return view.to_value();
            }
            let wanted = self.decoder.needed().clamp(16 << 10, 1 << 20);
            let tail = self.decoder.reserve(wanted);
            let read = self.socket.read(tail).expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            self.decoder.commit(read).expect("no more than was reserved");
        }
    }
}

fn is_push(message: &Value) -> bool {
    match message {
        Value::Push(_) => true,
        Value::Attributed(inner) => is_push(&inner.value),
        _ => false,
    }
}

/// A redis-server of the test's own on loopback; stopped, and its folder removed, when dropped.
pub struct Server {
    child: Child,
    folder: PathBuf,
    /// Where it listens.
    pub port: u16,
}

impl Server {
    /// Starts `redis-server` with these further arguments, and waits until it answers.
    pub fn start(arguments: &[&str]) -> Self {
        let port = free_port();
        let folder = std::env::temp_dir().join(format!("quorate-live-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
            .arg(port.to_string())
            .arg("--dir")
            .arg(&folder)
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let server = Self { child, folder, port };
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            thread::sleep(Duration::from_millis(25));
        }
        panic!("redis-server does not listen on port {port}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port that is free, and whose port of the cluster bus (10,000 above) exists.
fn free_port() -> u16 {
    loop {
        let socket = TcpListener::bind(("127.0.0.1", 0)).expect("a socket");
        let port = socket.local_addr().expect("an address").port();
        let bus = port.checked_add(10_000);
        if bus.is_some_and(|bus| TcpListener::bind(("127.0.0.1", bus)).is_ok()) {
            return port;
        }
    }
}
