//! `tokenizer_config.json` and `special_tokens_map.json`.

use crate::config::value::{Section, shown};
use crate::{Error, Result};
use serde_json::Value;
use tokenizers::AddedToken;

const CONFIG: &str = "tokenizer_config.json";
const MAP: &str = "special_tokens_map.json";
const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";

/// The keys that name a token, in the order of `transformers`, and the tokens where they are
/// missing.
const KEYS: [(&str, Option<&str>); 7] = [
    ("bos_token", Some(START)),
    ("eos_token", Some(END)),
    ("unk_token", Some(END)),
    ("sep_token", None),
    ("pad_token", Some(END)),
    ("cls_token", None),
    ("mask_token", None),
];

/// Which tokens start and end a text, which one stands for what has no token, and which are
/// found whole in a text.
///
/// A `tokenizer.json` says all this itself; `vocab.json` and `merges.txt` do not. The default
/// is that of OpenAI's models.
///
/// # Example
/// ```
/// let map = br#"{"pad_token": "!"}"#;
/// let tokens = ofa_clip::SpecialTokens::from_json(None, Some(map)).unwrap();
/// assert_ne!(tokens, ofa_clip::SpecialTokens::default());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SpecialTokens {
    pub(super) start: String,
    pub(super) end: String,
    pub(super) unknown: String,
    /// Each once, in the order in which those that are not in the vocabulary get their ids.
    pub(super) whole: Vec<AddedToken>,
}

impl SpecialTokens {
    /// Reads what a folder has of `tokenizer_config.json` and `special_tokens_map.json`.
    ///
    /// Reference: `PreTrainedTokenizerBase._from_pretrained` of `transformers`. Where the first
    /// has `added_tokens_decoder`, it says everything and the second is not read; otherwise what
    /// the second says goes. A token is a string, or an object with `content`. A later token of
    /// the same text decides how it is found: as it stands, or (`normalized`) in small letters.
    ///
    /// # Errors
    /// - [`Error::Json`]: one of them is not JSON.
    /// - [`Error::Config`]: a token is neither a string nor such an object.
    pub fn from_json(
        tokenizer_config: Option<&[u8]>,
        special_tokens_map: Option<&[u8]>,
    ) -> Result<Self> {
        let config = parse(CONFIG, tokenizer_config)?;
        let map = parse(MAP, special_tokens_map)?;
        let config = Section::root(CONFIG, &config)?;
        let map = Section::root(MAP, &map)?;

        let listed = match config.section("added_tokens_decoder")? {
            Some(tokens) => Some(read_listed(&tokens)?),
            None => None,
        };
        let mut named = Vec::new();
        for (key, default) in KEYS {
            let from_map = match &listed {
                Some(_) => None,
                None => read_token(&map, key)?,
            };
            let token = match from_map {
                Some(token) => Some(token),
                None => read_token(&config, key)?,
            };
            named.push(token.or_else(|| default.map(Token::plain)));
        }
        let text = |index: usize| {
            let token: &Option<Token> = &named[index];
            token
                .as_ref()
                .map_or_else(String::new, |token| token.added.content.clone())
        };
        let (start, end, unknown) = (text(0), text(1), text(2));
        Ok(Self {
            start,
            end,
            unknown,
            whole: whole(listed.unwrap_or_default(), named.into_iter().flatten()),
        })
    }
}

impl Default for SpecialTokens {
    fn default() -> Self {
        let named = KEYS.iter().filter_map(|(_, token)| token.map(Token::plain));
        Self {
            start: START.into(),
            end: END.into(),
            unknown: END.into(),
            whole: whole(Vec::new(), named),
        }
    }
}

/// A token as a file gives it.
#[derive(Debug, Clone, PartialEq)]
struct Token {
    added: AddedToken,
    /// Whether it was a string; one that repeats an object is another token to `transformers`.
    is_string: bool,
}

impl Token {
    fn plain(text: &str) -> Self {
        Self {
            added: AddedToken::from(text, true),
            is_string: true,
        }
    }
}

/// A token of `added_tokens_decoder`.
struct Listed {
    added: AddedToken,
    /// What the file says, if it does; otherwise tokens that are not special are normalised.
    normalized: Option<bool>,
}

/// All tokens, each once, with the attributes of the one that `transformers` adds last.
fn whole(mut listed: Vec<Listed>, named: impl Iterator<Item = Token>) -> Vec<AddedToken> {
    let mut added: Vec<Token> = Vec::new();
    for token in named {
        let text = &token.added.content;
        match listed
            .iter_mut()
            .find(|listed| listed.added.content == *text)
        {
            Some(listed) => listed.added.special = true,
            None if added.contains(&token) => {}
            None => added.push(token),
        }
    }
    let listed = listed.into_iter().map(|Listed { added, normalized }| {
        let normalized = normalized.unwrap_or(!added.special);
        added.normalized(normalized)
    });
    let mut whole: Vec<AddedToken> = listed.collect();
    for Token { added, .. } in added {
        match whole.iter_mut().find(|one| one.content == added.content) {
            Some(one) => *one = added,
            None => whole.push(added),
        }
    }
    whole
}

fn parse(file: &str, bytes: Option<&[u8]>) -> Result<Value> {
    let Some(bytes) = bytes else {
        return Ok(Value::Object(serde_json::Map::new()));
    };
    serde_json::from_slice(bytes).map_err(|source| Error::Json {
        file: file.into(),
        source,
    })
}

/// `added_tokens_decoder`: ids and tokens, in the order of the ids.
fn read_listed(tokens: &Section<'_>) -> Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for key in tokens.keys() {
        let Some(token) = tokens.section(key)? else {
            continue;
        };
        let id: u32 = key
            .parse()
            .map_err(|_| tokens.error(key, "a token id as its key", key))?;
        let (mut added, normalized) = read_object(&token)?;
        added.special = token.flag("special", false)?;
        listed.push((id, Listed { added, normalized }));
    }
    listed.sort_by_key(|(id, _)| *id);
    Ok(listed.into_iter().map(|(_, token)| token).collect())
}

/// A token under a key.
fn read_token(section: &Section<'_>, key: &str) -> Result<Option<Token>> {
    match section.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(Token::plain(text))),
        Some(Value::Object(_)) => {
            let (added, normalized) = read_object(&section.section_or_empty(key)?)?;
            Ok(Some(Token {
                added: added.normalized(normalized.unwrap_or(false)),
                is_string: false,
            }))
        }
        Some(other) => {
            let expected = "a string, or an object with `content`";
            Err(section.error(key, expected, shown(other)))
        }
    }
}

/// A special token, and whether the file says that it is found in normalised text.
fn read_object(token: &Section<'_>) -> Result<(AddedToken, Option<bool>)> {
    let content = token.text("content")?;
    let content = content.ok_or_else(|| token.error("content", "a string", "nothing"))?;
    let normalized = match token.get("normalized") {
        None => None,
        Some(_) => Some(token.flag("normalized", false)?),
    };
    let added = AddedToken::from(content, true)
        .single_word(token.flag("single_word", false)?)
        .lstrip(token.flag("lstrip", false)?)
        .rstrip(token.flag("rstrip", false)?);
    Ok((added, normalized))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &str, map: &str) -> SpecialTokens {
        SpecialTokens::from_json(Some(config.as_bytes()), Some(map.as_bytes())).unwrap()
    }

    fn normalized(tokens: &SpecialTokens, text: &str) -> Option<bool> {
        let found = tokens.whole.iter().find(|token| token.content == text);
        found.map(|token| token.normalized)
    }

    #[test]
    fn without_files_they_are_those_of_openai() {
        assert_eq!(
            SpecialTokens::from_json(None, None).unwrap(),
            SpecialTokens::default()
        );
        assert_eq!(
            read("{}", r#"{"bos_token": null}"#),
            SpecialTokens::default()
        );
        assert_eq!(SpecialTokens::default().whole.len(), 2);
    }

    #[test]
    fn the_map_goes_before_the_config_unless_that_lists_all_tokens() {
        let map = r#"{"unk_token": "<unk>"}"#;
        assert_eq!(read(r#"{"unk_token": "?"}"#, map).unknown, "<unk>");
        assert_eq!(read(r#"{"unk_token": "?"}"#, "{}").unknown, "?");
        let config = r#"{"unk_token": "?", "added_tokens_decoder": {}}"#;
        assert_eq!(read(config, map).unknown, "?");
    }

    #[test]
    fn the_last_token_of_a_text_says_how_it_is_found() {
        let eos = |more: &str| {
            let map =
                format!(r#"{{"eos_token": {{"content": "{END}", "normalized": true}}{more}}}"#);
            normalized(&read("{}", &map), END)
        };
        assert_eq!(eos(""), Some(false));
        let pad = format!(r#", "pad_token": {{"content": "{END}", "normalized": true}}"#);
        assert_eq!(eos(&pad), Some(false));
        let unk = pad.replace("pad", "unk");
        assert_eq!(eos(&format!("{pad}{unk}")), Some(true));
        let config = format!(
            r#"{{"added_tokens_decoder": {{"9": {{"content": "{END}", "special": true, "normalized": true}}}}}}"#
        );
        assert_eq!(normalized(&read(&config, "{}"), END), Some(true));
    }

    #[test]
    fn a_token_must_be_a_string_or_have_content() {
        let message = |map: &str| {
            let read = SpecialTokens::from_json(None, Some(map.as_bytes()));
            read.unwrap_err().to_string()
        };
        assert!(message(r#"{"unk_token": 3}"#).starts_with(
            "special_tokens_map.json: `unk_token`: expected a string, or an object with `content`, found 3;"
        ));
        assert!(message(r#"{"unk_token": {}}"#).contains("`unk_token.content`"));
        assert!(message("[]").contains("expected an object"));
        assert!(message("{").contains("cannot be read as JSON"));
    }
}
