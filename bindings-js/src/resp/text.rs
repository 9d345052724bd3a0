//! What each string is: the other side then decodes it right at the first try.

/// A string of ASCII: a character for each byte.
const ASCII: u8 = 0;
/// Other UTF-8.
const UTF8: u8 = 1;
/// Neither: it stays bytes.
const BYTES: u8 = 2;

/// What `bytes` are.
pub(super) fn classify(bytes: &[u8]) -> u8 {
    if is_ascii(bytes) {
        ASCII
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF8
    } else {
        BYTES
    }
}

/// As the method of slices, but in words of 64 bits, which WebAssembly has though its pointers have 32: twice as fast there.
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (blocks, rest) = bytes.as_chunks::<32>();
    blocks.iter().all(|block| {
        let (words, _) = block.as_chunks::<8>();
        words.iter().fold(0, |all, &word| all | u64::from_le_bytes(word)) & HIGH == 0
    }) && rest.is_ascii()
}
