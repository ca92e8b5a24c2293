//! `/proc/net/tcp` and `/proc/net/tcp6`: who listens where, and who is connected to whom.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    pub local: (IpAddr, u16),
    pub remote: (IpAddr, u16),
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Established,
    Listen,
    /// Closed a moment ago: the connection was there.
    Closing,
    /// Still being opened: nobody has answered yet.
    Opening,
}

/// Reads one or both tables; lines that are none are skipped. Addresses are in the byte order of
/// the machine that wrote them, which is little-endian on all that Docker runs on.
pub fn parse(text: &str) -> Vec<Socket> {
    text.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Socket> {
    let mut words = text.split_whitespace();
    words.next()?.strip_suffix(':')?.parse::<u32>().ok()?;
    let local = address(words.next()?)?;
    let remote = address(words.next()?)?;
    let state = match words.next()? {
        "01" => State::Established,
        "0A" => State::Listen,
        "02" | "03" | "0C" => State::Opening,
        _ => State::Closing,
    };
    Some(Socket { local, remote, state })
}

fn address(text: &str) -> Option<(IpAddr, u16)> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(host.get(at..at + 8)?, 16).ok().map(u32::to_le_bytes);
    let ip = match host.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0u8; 16];
            for (part, at) in bytes.chunks_exact_mut(4).zip([0, 8, 16, 24]) {
                part.copy_from_slice(&word(at)?);
            }
            // 10.0.0.2 seen by a socket that speaks both is ::ffff:10.0.0.2
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some((ip, port))
}

/// Whether somebody listens on the port, and whether on loopback addresses only. None: nobody.
pub fn only_loopback(sockets: &[Socket], port: u16) -> Option<bool> {
    let listening = sockets.iter().filter(|socket| socket.state == State::Listen && socket.local.1 == port);
    listening.map(|socket| socket.local.0.is_loopback()).reduce(|a, b| a && b)
}

/// Whether there is, or a moment ago was, a connection to one of the addresses.
pub fn reaches(sockets: &[Socket], addresses: &[IpAddr]) -> bool {
    let connected = |socket: &Socket| matches!(socket.state, State::Established | State::Closing);
    sockets.iter().any(|socket| connected(socket) && addresses.contains(&socket.remote.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1 1 0 100 0 0 10 0
   1: 020013AC:9C40 030013AC:1538 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue
   0: 0000000000000000FFFF0000020013AC:9C42 0000000000000000FFFF0000040013AC:18EB 06 00000000:00000000
   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000
";

    #[test]
    fn both_tables_are_read() {
        let sockets = parse(TABLE);
        assert_eq!(sockets.len(), 4);
        assert_eq!(sockets[1].remote, (IpAddr::from([172, 19, 0, 3]), 5432));
        assert_eq!(sockets[2].remote, (IpAddr::from([172, 19, 0, 4]), 6379));
    }

    #[test]
    fn a_server_on_loopback_is_told_from_one_for_everybody() {
        let sockets = parse(TABLE);
        assert_eq!(only_loopback(&sockets, 3000), Some(true));
        assert_eq!(only_loopback(&sockets, 8080), Some(false));
        assert_eq!(only_loopback(&sockets, 9999), None);
    }

    #[test]
    fn a_connection_that_was_just_closed_counts_and_one_being_opened_does_not() {
        let sockets = parse(TABLE);
        assert!(reaches(&sockets, &[IpAddr::from([172, 19, 0, 4])]));
        assert!(!reaches(&sockets, &[IpAddr::from([172, 19, 0, 9])]));
        let opening = parse("   0: 020013AC:9C40 030013AC:1538 02 00000000:00000000");
        assert!(!reaches(&opening, &[IpAddr::from([172, 19, 0, 3])]));
    }
}
