//! One HTTP request to a published port, and the path that a health check asks for.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// What came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The status code.
    Status(u16),
    /// Something that is not HTTP.
    Other,
    /// The engine took the connection and nobody behind it did, or nobody listens at all.
    Nobody,
    Late,
}

const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks `GET path` of a port on 127.0.0.1.
pub fn get(port: u16, path: &str) -> Answer {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, TIMEOUT) else { return Answer::Nobody };
    let _ = stream.set_read_timeout(Some(TIMEOUT));
    let _ = stream.set_write_timeout(Some(TIMEOUT));
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: dockwright\r\nConnection: close\r\n\r\n");
    if stream.write_all(request.as_bytes()).is_err() {
        return Answer::Nobody;
    }
    let mut head = Vec::new();
    let mut buffer = [0u8; 512];
    while head.len() < 12 {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => head.extend_from_slice(&buffer[..count]),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                return Answer::Late;
            }
            Err(_) => break,
        }
    }
    answer(&head)
}

fn answer(head: &[u8]) -> Answer {
    if head.is_empty() {
        return Answer::Nobody;
    }
    let text = String::from_utf8_lossy(head);
    let status = text.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|code| code.parse().ok());
    status.map_or(Answer::Other, Answer::Status)
}

/// The path that a health check's command asks for, if it can be read out of it:
/// `http://127.0.0.1:' + process.env.PORT + '/health'`, `curl -f localhost:3000/up`, `-probe /healthz`.
pub fn path_of(command: &[String]) -> Option<String> {
    if let Some(at) = command.iter().position(|arg| arg == "-probe" || arg == "--probe") {
        return command.get(at + 1).filter(|arg| arg.starts_with('/')).cloned();
    }
    let text = command.join(" ");
    let hosts = ["://", "localhost", "127.0.0.1", "0.0.0.0", "[::1]"];
    let (start, host) = hosts.iter().filter_map(|host| text.find(host).map(|at| (at, host))).min()?;
    let rest = &text[start + host.len()..];
    // between host and path: a port, or an expression that gives it
    let is_between = |c: char| c.is_ascii_alphanumeric() || ".:'\"`+${}_[]() ".contains(c);
    let slash = rest.find('/').filter(|at| rest[..*at].chars().all(is_between))?;
    let is_path = |c: char| c.is_ascii_alphanumeric() || "/_.-~%?=&:@,".contains(c);
    let end = rest[slash..].find(|c| !is_path(c)).map_or(rest.len(), |end| slash + end);
    Some(rest[slash..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<String> {
        path_of(&[text.to_owned()])
    }

    #[test]
    fn the_path_is_read_out_of_common_health_checks() {
        for (command, expected) in [
            (
                "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then(r => process.exit(r.ok ? 0 : 1))",
                "/health",
            ),
            ("fetch(`http://127.0.0.1:${process.env.PORT}/api/health`)", "/api/health"),
            ("curl -fsS http://localhost:8080/healthz?full=1 || exit 1", "/healthz?full=1"),
            ("wget -qO- localhost:3000/up", "/up"),
            ("wget -q --spider http://127.0.0.1:3000/", "/"),
        ] {
            assert_eq!(path(command).as_deref(), Some(expected), "{command}");
        }
        let probe = ["/with-secrets", "-probe", "/healthz"].map(str::to_owned);
        assert_eq!(path_of(&probe).as_deref(), Some("/healthz"));
    }

    #[test]
    fn other_commands_have_no_path() {
        for command in ["pg_isready", "curl -f http://localhost:3000 && test -f /tmp/x", "nc -z 127.0.0.1 3000"] {
            assert_eq!(path(command), None, "{command}");
        }
        assert_eq!(path_of(&["/with-secrets", "-probe", "port"].map(str::to_owned)), None);
    }

    #[test]
    fn an_answer_is_a_status_line_or_none() {
        assert_eq!(answer(b"HTTP/1.1 204 No Content\r\n"), Answer::Status(204));
        assert_eq!(answer(b"HTTP/1.0 503"), Answer::Status(503));
        assert_eq!(answer(b"SSH-2.0-OpenSSH"), Answer::Other);
        assert_eq!(answer(b""), Answer::Nobody);
    }
}
