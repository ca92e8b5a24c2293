//! Texts from outside: what may stand in one that people see.

/// Characters that reorder or hide what follows on a screen: bidirectional controls, and what has
/// no width.
pub fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// The byte offset of the first character that no text from outside may have, with its name;
/// line breaks and tabs are allowed.
pub fn deceptive(text: &str) -> Option<(usize, &'static str)> {
    text.char_indices().find_map(|(at, c)| match c {
        '\n' | '\t' => None,
        '\r' if text[at..].starts_with("\r\n") => None,
        '\u{1b}' => Some((at, "a terminal escape sequence")),
        '\u{FEFF}' if at == 0 => None,
        c if c.is_control() => Some((at, "a control character")),
        c if is_deceptive(c) => Some((at, "an invisible or reordering character")),
        _ => None,
    })
}

/// A text in one line of at most `length` characters, without what would change the terminal.
pub fn plain(text: &str, length: usize) -> String {
    let mut plain: String =
        text.chars().take(length).map(|c| if c.is_control() || is_deceptive(c) { '?' } else { c }).collect();
    if text.chars().nth(length).is_some() {
        plain.push('…');
    }
    plain
}
