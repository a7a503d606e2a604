//! Procedure codes as CMS lists them: HCPCS/CPT code, modifier, and both together.

use std::fmt;
use std::str::FromStr;

/// A five-character HCPCS/CPT code such as `20560`, `0101T` or `G0283`, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HcpcsCode([u8; 5]);

impl HcpcsCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("?????")
    }

    /// Reads a code from a cell that may have lost its leading zeros (`100` for `00100`), as
    /// RVU20D's workbook did with 272 codes.
    ///
    /// # Errors
    /// When the padded cell is no code.
    pub fn from_cell(cell: &str) -> Result<Self, InvalidCode> {
        let cell = cell.trim();
        if !cell.is_empty() && cell.len() < 5 {
            return format!("{cell:0>5}").parse();
        }
        cell.parse()
    }
}

impl FromStr for HcpcsCode {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let invalid = || InvalidCode {
            text: text.chars().take(40).collect(),
        };
        let bytes: [u8; 5] = text.as_bytes().try_into().map_err(|_| invalid())?;
        let bytes = bytes.map(|b| b.to_ascii_uppercase());
        let [first, middle @ .., last] = bytes;
        let ends_are_alphanumeric = first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric();
        if ends_are_alphanumeric && middle.iter().all(u8::is_ascii_digit) {
            Ok(Self(bytes))
        } else {
            Err(invalid())
        }
    }
}

impl fmt::Display for HcpcsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for HcpcsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A two-character modifier such as `26`, `TC` or `53`, upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Modifier([u8; 2]);

impl Modifier {
    /// The modifier as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl FromStr for Modifier {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        let bytes: Option<[u8; 2]> = text.as_bytes().try_into().ok();
        bytes
            .filter(|bytes| bytes.iter().all(u8::is_ascii_alphanumeric))
            .map(|bytes| Self(bytes.map(|b| b.to_ascii_uppercase())))
            .ok_or_else(|| InvalidCode {
                text: text.chars().take(40).collect(),
            })
    }
}

impl fmt::Display for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One row of the fee schedule: a code, with its modifier where the row has one. Written `20560`
/// or `77080-26`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service {
    /// The HCPCS/CPT code.
    pub code: HcpcsCode,
    /// The modifier of the row; `None` is the row without one.
    pub modifier: Option<Modifier>,
}

impl Service {
    /// The row of a code without modifier.
    pub fn plain(code: HcpcsCode) -> Self {
        Self {
            code,
            modifier: None,
        }
    }
}

impl FromStr for Service {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        match text.split_once('-') {
            Some((code, modifier)) => Ok(Self {
                code: code.parse()?,
                modifier: Some(modifier.parse()?),
            }),
            None => Ok(Self::plain(text.parse()?)),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.modifier {
            Some(modifier) => write!(f, "{}-{modifier}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is no code or modifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' is not a code: write five characters such as 20560 or G0283, with a modifier as 77080-26"
)]
pub struct InvalidCode {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_five_characters_with_digits_inside() {
        for good in ["20560", "0101T", "G0283", "a0021"] {
            assert_eq!(
                good.parse::<HcpcsCode>().map(|c| c.to_string()),
                Ok(good.to_uppercase())
            );
        }
        for bad in [
            "", "2056", "205600", "2O560", "HCPCS", "205 0", "\u{1a}", "20é6",
        ] {
            assert!(bad.parse::<HcpcsCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cell_that_lost_its_zeros_is_padded() {
        assert_eq!(HcpcsCode::from_cell("100"), "00100".parse());
        assert_eq!(HcpcsCode::from_cell(" 1F "), "0001F".parse());
        assert!(HcpcsCode::from_cell("").is_err());
    }

    #[test]
    fn services_read_back_as_they_are_written() {
        for text in ["20560", "77080-26", "77080-TC"] {
            assert_eq!(
                text.parse::<Service>().map(|s| s.to_string()),
                Ok(text.to_owned())
            );
        }
    }
}
