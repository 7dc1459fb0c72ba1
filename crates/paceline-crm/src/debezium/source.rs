//! The `source` block: where in the database's history an event stands.
//!
//! The version is the position in the database's log, by what the block has:
//!
//! - PostgreSQL: `lsn`, as a counter.
//! - MySQL, MariaDB: the number at the end of the binlog's `file` name, then `pos`, then `row`. A server whose
//!   binlogs start again (a failover to another one) starts again with its versions.
//! - SQL Server: `change_lsn`, in a snapshot `commit_lsn`, then `event_serial_no`. Writers of one row wait for
//!   each other, so the log position of the write orders them without the position of the commit.
//! - Oracle: `scn`, then the Kafka offset, because one change number may cover several changes.
//! - Otherwise `ts_ms`, then the Kafka offset. These are less than every log position, so that a snapshot
//!   without a position never holds against the changes after it.

use jiff::Timestamp;
use paceline_core::version::Version;
use serde::de::MapAccess;

use crate::error::DecodeError;
use crate::json::{Member, Object, Other};
use crate::piece::Piece;
use crate::time::{self, Unit};

/// The block as JSON values.
#[derive(Default)]
pub(super) struct Source<'a> {
    pub(super) table: Option<Piece<'a>>,
    ts_ms: Option<Piece<'a>>,
    ts_us: Option<Piece<'a>>,
    lsn: Option<Piece<'a>>,
    file: Option<Piece<'a>>,
    pos: Option<Piece<'a>>,
    row: Option<Piece<'a>>,
    change_lsn: Option<Piece<'a>>,
    commit_lsn: Option<Piece<'a>>,
    event_serial_no: Option<Piece<'a>>,
    scn: Option<Piece<'a>>,
}

impl Source<'_> {
    /// When the change was committed; `None` if the source does not know. Some snapshots say 0 for that.
    pub(super) fn time(&self) -> Result<Option<Timestamp>, DecodeError> {
        for (raw, what, unit) in [
            (&self.ts_us, "source.ts_us", Unit::Micros),
            (&self.ts_ms, "source.ts_ms", Unit::Millis),
        ] {
            if let Some(number) = integer(raw, what)?.filter(|number| *number > 0) {
                let instant = time::instant_of(number, unit);
                return instant.map(Some).map_err(|fault| DecodeError::Envelope { what, fault });
            }
        }
        Ok(None)
    }

    pub(super) fn version(&self, offset: i64) -> Result<Version, DecodeError> {
        if let Some(lsn) = integer(&self.lsn, "source.lsn")? {
            return Ok(Version::from_counter(lsn));
        }
        let position = match self.binlog()? {
            Some(position) => Some(position),
            None => self.transaction_log()?,
        };
        if let Some(position) = position {
            return Ok(position);
        }
        if let Some(scn) = integer(&self.scn, "source.scn")?.filter(|scn| *scn > 0) {
            return Ok(Version::from_parts(scn as u64, offset as u64));
        }
        self.moment(offset)
    }

    /// `mysql-bin.000003`, 12345, 0.
    fn binlog(&self) -> Result<Option<Version>, DecodeError> {
        let Some(file) = self.file.as_ref().and_then(Piece::scalar_text) else { return Ok(None) };
        let Some(pos) = integer(&self.pos, "source.pos")? else { return Ok(None) };
        let row = integer(&self.row, "source.row")?.unwrap_or(0);
        let digits = file.len() - file.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(number) = file[file.len() - digits..].parse::<u32>() else { return Ok(None) };
        let low = pos.clamp(0, (1 << 44) - 1) << 20 | row.clamp(0, (1 << 20) - 1);
        Ok(Some(Version::from_parts(u64::from(number) + 1, low as u64)))
    }

    /// `00000027:00000ac0:0002`: log file, block and slot, of 32, 32 and 16 bits.
    fn transaction_log(&self) -> Result<Option<Version>, DecodeError> {
        let Some(lsn) =
            [&self.change_lsn, &self.commit_lsn].into_iter().flatten().find_map(hex_lsn)
        else {
            return Ok(None);
        };
        let serial = integer(&self.event_serial_no, "source.event_serial_no")?
            .unwrap_or(0)
            .clamp(0, 0xffff_ffff);
        let (file_and_block, slot) = ((lsn >> 16) as u64, (lsn & 0xffff) as u64);
        Ok(Some(Version::from_parts(file_and_block, slot << 32 | serial as u64)))
    }

    /// 41 bits of milliseconds and 21 of the offset: 62, below the counters, which start at 2^63.
    fn moment(&self, offset: i64) -> Result<Version, DecodeError> {
        let missing = DecodeError::Missing { what: "a log position or time in source" };
        let millis = integer(&self.ts_ms, "source.ts_ms")?.ok_or(missing)?.clamp(0, (1 << 42) - 1);
        Ok(Version::from_parts(0, (millis << 21 | offset & 0x1f_ffff) as u64))
    }
}

fn integer(piece: &Option<Piece<'_>>, what: &'static str) -> Result<Option<i64>, DecodeError> {
    match piece {
        None | Some(Piece::Null) => Ok(None),
        Some(piece) => piece.integer().map(Some).ok_or(DecodeError::Version { what }),
    }
}

fn hex_lsn(piece: &Piece<'_>) -> Option<u128> {
    let text = piece.scalar_text()?;
    let mut parts = text.split(':');
    let mut part = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        u32::from_str_radix(part, 16).ok().map(u128::from)
    };
    let lsn = part(8)? << 48 | part(8)? << 16 | part(4)?;
    (parts.next().is_none() && lsn >> 48 != 0).then_some(lsn)
}

#[derive(Clone, Copy)]
pub(super) enum Key {
    Table,
    TsMs,
    TsUs,
    Lsn,
    File,
    Pos,
    Row,
    ChangeLsn,
    CommitLsn,
    EventSerialNo,
    Scn,
}

/// Recognises a key of the block.
pub(super) fn key(name: &str) -> Option<Key> {
    Some(match name {
        "table" => Key::Table,
        "ts_ms" => Key::TsMs,
        "ts_us" => Key::TsUs,
        "lsn" => Key::Lsn,
        "file" => Key::File,
        "pos" => Key::Pos,
        "row" => Key::Row,
        "change_lsn" => Key::ChangeLsn,
        "commit_lsn" => Key::CommitLsn,
        "event_serial_no" => Key::EventSerialNo,
        "scn" => Key::Scn,
        _ => return None,
    })
}

impl<'a> Object<'a> for Source<'a> {
    type Key = Key;
    const NOT_AN_OBJECT: &'static str = "source is not an object";

    fn key(&mut self, name: &str) -> Option<Key> {
        key(name)
    }

    fn value<M: MapAccess<'a>>(&mut self, key: Key, member: Member<'_, M>) -> Result<(), M::Error> {
        let piece = Some(member.piece()?);
        match key {
            Key::Table => self.table = piece,
            Key::TsMs => self.ts_ms = piece,
            Key::TsUs => self.ts_us = piece,
            Key::Lsn => self.lsn = piece,
            Key::File => self.file = piece,
            Key::Pos => self.pos = piece,
            Key::Row => self.row = piece,
            Key::ChangeLsn => self.change_lsn = piece,
            Key::CommitLsn => self.commit_lsn = piece,
            Key::EventSerialNo => self.event_serial_no = piece,
            Key::Scn => self.scn = piece,
        }
        Ok(())
    }

    /// A flat row may have a column of this name; an envelope without the block lacks a version.
    fn otherwise(&mut self, _other: Other) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Source;
    use crate::json;
    use paceline_core::version::Version;

    fn version(block: &str, offset: i64) -> Result<Version, &'static str> {
        let mut source = Source::default();
        json::read(block, &mut source).expect("json");
        source.version(offset).map_err(|error| error.reason())
    }

    #[test]
    fn orders_by_log_position() {
        let rising = [
            (r#"{"ts_ms":1764000000000}"#, 7),
            (r#"{"ts_ms":1764000000000}"#, 8),
            (r#"{"ts_ms":1764000000001,"lsn":null}"#, 2),
            (r#"{"lsn":26739976,"ts_ms":1}"#, 0),
            (r#"{"lsn":"26739977"}"#, 0),
            (r#"{"file":"mysql-bin.000003","pos":4294967300,"row":1}"#, 0),
            (r#"{"file":"mysql-bin.000003","pos":4294967300,"row":2}"#, 0),
            (r#"{"file":"mysql-bin.000004","pos":4}"#, 0),
            (r#"{"scn":"2868546","ts_ms":1}"#, 4),
            (r#"{"scn":"2868546","ts_ms":1}"#, 5),
            (r#"{"change_lsn":null,"commit_lsn":"00000027:00000ac0:0002"}"#, 0),
            (r#"{"change_lsn":"00000027:00000ac0:0003","commit_lsn":"00000027:00000b00:0001"}"#, 0),
            (r#"{"change_lsn":"00000027:00000ac0:0003","event_serial_no":2}"#, 0),
        ];
        let versions: Vec<_> = rising
            .iter()
            .map(|(block, offset)| version(block, *offset).expect("a version"))
            .collect();
        assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    }

    #[test]
    fn refuses_what_orders_nothing() {
        assert_eq!(version("{}", 0), Err("missing"));
        assert_eq!(version(r#"{"lsn":1.5}"#, 0), Err("version"));
        assert_eq!(version(r#"{"file":"","pos":7}"#, 0), Err("missing"));
        assert_eq!(version(r#"{"change_lsn":"zz","ts_ms":{}}"#, 0), Err("version"));
    }
}
