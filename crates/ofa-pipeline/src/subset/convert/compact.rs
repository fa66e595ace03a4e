//! JSON on one line.

/// JSON without the white space between its values; everything else stays as it is written.
///
/// Within strings nothing is touched. What is no valid JSON comes out without its white space
/// outside of strings all the same.
#[must_use]
pub fn compact(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for &byte in json {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        } else {
            in_string = byte == b'"';
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_values_goes() {
        let json =
            b"{\n  \"a b\" : [1.50, -0e0 ,\t\"x \\\" y\\\\\" ],\r\n \"\xc3\xa9\": \"\\u00e9 \"}";
        assert_eq!(
            compact(json),
            b"{\"a b\":[1.50,-0e0,\"x \\\" y\\\\\"],\"\xc3\xa9\":\"\\u00e9 \"}"
        );
    }
}
