//! Frames of HTTP/2 (RFC 9113), made by hand: an attacker sends what no library would.

/// What a client says first.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const PRIORITY: u8 = 2;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// The error that a flood is to be answered with.
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

/// The setting of how much of each stream may come unread.
pub(super) const INITIAL_WINDOW: u16 = 4;

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is small");
    let mut frame = length.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

pub(super) fn settings(settings: &[(u16, u32)]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (setting, value) in settings {
        payload.extend(setting.to_be_bytes());
        payload.extend(value.to_be_bytes());
    }
    frame(SETTINGS, 0, 0, &payload)
}

/// The number of the nth stream that a client opens.
pub(super) fn stream(nth: u32) -> u32 {
    2 * nth + 1
}

/// The head of a gRPC request, with more fields.
pub(super) fn head(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "paceline"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]
    .iter()
    .chain(more)
    {
        block.extend(field(name, value));
    }
    block
}

/// A field without an index, its name spelled out (RFC 7541, 6.2.2).
pub(super) fn field(name: &str, value: &str) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        field.extend(length(text.len()));
        field.extend(text.as_bytes());
    }
    field
}

/// A length in 7 bits, and more bytes where it is larger (RFC 7541, 5.1).
pub(super) fn length(mut length: usize) -> Vec<u8> {
    if length < 127 {
        return vec![u8::try_from(length).expect("7 bits")];
    }
    let mut bytes = vec![127];
    length -= 127;
    while length >= 128 {
        bytes.push(u8::try_from(length % 128).expect("7 bits") | 128);
        length /= 128;
    }
    bytes.push(u8::try_from(length).expect("7 bits"));
    bytes
}

/// A whole request: its head, and a message.
pub(super) fn request(nth: u32, path: &str, more: &[(&str, &str)], message: &[u8]) -> Vec<u8> {
    let mut frames = frame(HEADERS, END_HEADERS, stream(nth), &head(path, more));
    frames.extend(message_frames(nth, message, END_STREAM));
    frames
}

/// A message as gRPC frames it, in as many frames as it takes.
pub(super) fn message_frames(nth: u32, message: &[u8], last: u8) -> Vec<u8> {
    let framed = framed(0, message);
    let count = framed.chunks(16_384).count();
    let chunks = framed.chunks(16_384).enumerate();
    chunks
        .flat_map(|(at, chunk)| {
            frame(DATA, if at + 1 == count { last } else { 0 }, stream(nth), chunk)
        })
        .collect()
}

/// A message with its head: whether it is compressed, and its length.
pub(super) fn framed(compressed: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a message is small");
    [&[compressed], &length.to_be_bytes()[..], message].concat()
}
