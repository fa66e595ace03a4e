use super::{Pickle, Value};

fn error(bytes: &[u8]) -> String {
    Pickle::read(bytes).unwrap_err()
}

#[test]
fn what_a_hostile_pickle_names_is_refused_by_name() {
    let message = error(b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.");
    assert!(message.contains("posix.system"), "{message}");
    assert!(message.contains("byte 2"), "{message}");
    let message = error(b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93.");
    assert!(message.contains("builtins.eval"), "{message}");
}

#[test]
fn opcodes_for_code_and_damage_are_errors_with_their_place() {
    // INST, OBJ, EXT1 and text persistent ids are no part of a state dict.
    for opcode in [b'i', b'o', 0x82, b'P'] {
        let message = error(&[0x80, 2, opcode]);
        assert!(message.contains("byte 2"), "{message}");
        assert!(message.contains(&format!("{opcode:#04x}")), "{message}");
    }
    for (bytes, expected) in [
        (&b"\x80\x02X\xff\xff\xff\xff"[..], "data ends"),
        (b"\x80\x02", "data ends"),
        (b"\x80\x02.", "empty stack"),
        (b"\x80\x02(.", "empty stack"),
        (b"\x80\x02K\x01(\x85", "empty stack"),
        (b"\x80\x02h\x09.", "never stored"),
        (b"\x80\x02t.", "never opened"),
        (b"\x80\x02K\x01K\x02K\x03s.", "sets items"),
        (b"\x80\x02}(K\x01u.", "no value"),
        (b"\x80\x09.", "protocol 9"),
        (b"\x80\x02K\x01)R.", "calls an integer"),
    ] {
        let message = error(bytes);
        assert!(message.contains(expected), "{bytes:?}: {message}");
    }
}

#[test]
fn integers_keep_their_sign_and_width() {
    for (bytes, expected) in [
        (&b"\x80\x02J\xfe\xff\xff\xff."[..], -2),
        (b"\x80\x02K\xff.", 255),
        (b"\x80\x02M\xff\xff.", 65535),
        (b"\x80\x02\x8a\x00.", 0),
        (b"\x80\x02\x8a\x01\xff.", -1),
        (b"\x80\x02\x8a\x05\x00\x00\x00\x00\x01.", 1 << 32),
    ] {
        let pickle = Pickle::read(bytes).unwrap();
        assert!(matches!(pickle.get(pickle.root), Value::Int(v) if *v == expected));
        assert_eq!(pickle.len, bytes.len());
    }
}

#[test]
fn a_million_nested_tuples_neither_overflow_nor_leak_out() {
    let mut bytes = b"\x80\x02N".to_vec();
    bytes.resize(1_000_003, 0x85);
    bytes.push(b'.');
    let pickle = Pickle::read(&bytes).unwrap();
    assert!(matches!(pickle.get(pickle.root), Value::Tuple(items) if items.len() == 1));
}

#[test]
fn bytes_of_protocol_2_are_read_as_data_and_other_encodings_are_refused() {
    let bytes =
        b"\x80\x02c_codecs\nencode\nX\x03\x00\x00\x00a\xc3\xbfX\x06\x00\x00\x00latin1\x86R.";
    let pickle = Pickle::read(bytes).unwrap();
    assert!(matches!(pickle.get(pickle.root), Value::Bytes(bytes) if bytes == b"a\xff"));
    let rot13 = b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.";
    assert!(error(rot13).contains("rot13"), "{}", error(rot13));
}
