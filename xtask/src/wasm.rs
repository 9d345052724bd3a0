//! What a WebAssembly module asks of its host: its import section.

/// The imports of a module, each as `module.name`.
///
/// # Errors
/// In words: the bytes are no WebAssembly module.
pub(crate) fn imports(bytes: &[u8]) -> Result<Vec<String>, String> {
    const IMPORT_SECTION: u8 = 2;
    let mut reader = Reader {
        rest: bytes
            .strip_prefix(b"\0asm\x01\0\0\0")
            .ok_or("it is no WebAssembly module")?,
    };
    while let Some(id) = reader.byte() {
        let length = reader.number()?;
        let section = reader.take(length)?;
        if id == IMPORT_SECTION {
            return Reader { rest: section }.imports();
        }
    }
    Ok(Vec::new())
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn imports(&mut self) -> Result<Vec<String>, String> {
        let count = self.number()?;
        let mut names = Vec::new();
        for _ in 0..count {
            let module = self.name()?;
            let name = self.name()?;
            names.push(format!("{module}.{name}"));
            self.skip_type()?;
        }
        Ok(names)
    }

    /// What is imported: a function, table, memory, global or tag, as the specification's section 5.5.5 encodes them.
    fn skip_type(&mut self) -> Result<(), String> {
        match self.byte() {
            Some(0) => self.number().map(drop),
            Some(1) => {
                self.byte();
                self.skip_limits()
            }
            Some(2) => self.skip_limits(),
            Some(3) => self.take(2).map(drop),
            Some(4) => {
                self.byte();
                self.number().map(drop)
            }
            other => Err(format!("unknown kind of import {other:?}")),
        }
    }

    fn skip_limits(&mut self) -> Result<(), String> {
        let has_maximum = self.byte().is_some_and(|flags| flags & 1 == 1);
        for _ in 0..1 + u8::from(has_maximum) {
            self.number()?;
        }
        Ok(())
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).map_err(|error| format!("a name is not UTF-8: {error}"))
    }

    /// An unsigned LEB128 number.
    fn number(&mut self) -> Result<usize, String> {
        let mut value = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte().ok_or("the module ends inside a number")?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return usize::try_from(value).map_err(|error| error.to_string());
            }
        }
        Err("a number has more than five bytes".into())
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or("the module ends inside a section")?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn names_the_imports() {
        // A type section to step over, then a function, a memory with a maximum and a global.
        let types = b"\x01\x04\x01\x60\0\0";
        let section = b"\x02\x1e\x03\x03env\x03now\x00\x00\x03env\x03mem\x02\x01\x01\x02\x01a\x01b\x03\x7f\x00";
        let module = [HEAD, types, section].concat();
        assert_eq!(
            imports(&module),
            Ok(vec!["env.now".into(), "env.mem".into(), "a.b".into()])
        );
    }

    #[test]
    fn a_module_may_import_nothing() {
        assert_eq!(imports(HEAD), Ok(vec![]));
        assert_eq!(imports(b"#!/bin/sh"), Err("it is no WebAssembly module".into()));
        assert!(imports(&[HEAD, b"\x02\x7f"].concat()).is_err());
    }
}
