//! A redis-server for tests, demos and recordings: on a free port of loopback, in a folder of its own, and gone when
//! dropped.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::cmd::{Cmd, cmd};

pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    pub(crate) port: u16,
    /// The command that started it.
    pub(crate) line: Cmd,
}

impl Server {
    /// Starts a server that keeps nothing.
    ///
    /// # Errors
    /// In words: it is not installed, or there is no port for it.
    pub(crate) fn start() -> Result<Self, String> {
        let port = free_port()?;
        let folder = std::env::temp_dir().join(format!("quorate-redis-{port}"));
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let line = cmd(format!("redis-server --bind 127.0.0.1 --port {port} --appendonly no"))
            .arg("--save")
            .arg("")
            .arg("--enable-debug-command")
            .arg("yes")
            .arg("--dir")
            .arg(folder.display().to_string());
        let child = line
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start redis-server ({error}); type: apt-get install -y redis-server"))?;
        Ok(Self {
            child,
            folder,
            port,
            line,
        })
    }

    /// Connects as soon as the server listens.
    ///
    /// # Errors
    /// In words: it does not listen within ten seconds.
    pub(crate) fn connect(&self) -> Result<TcpStream, String> {
        for _ in 0..400 {
            if let Ok(socket) = TcpStream::connect(("127.0.0.1", self.port)) {
                return Ok(socket);
            }
            thread::sleep(Duration::from_millis(25));
        }
        Err(format!("redis-server does not listen on port {}", self.port))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing more to do about it then.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody listens on now.
fn free_port() -> Result<u16, String> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|socket| socket.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no free port on loopback: {error}"))
}
