//! Copies of data, and those who should make them.

use crate::report::{FindingKind, Severity};

/// Every kind of this file, in the order of codes.
pub static ALL: &[&FindingKind] = &[&CLAIMS_WITHOUT_BACKUP, &BACKUP_NOT_WORKING];

/// Nobody has a copy of what is on claims.
pub static CLAIMS_WITHOUT_BACKUP: FindingKind = FindingKind {
    code: "ST-V01",
    name: "claims-without-backup",
    severity: Severity::Info,
    explanation: "\
Something that makes backups is installed (Velero, Stash, KubeStash, or VolumeSnapshots), and none of it has a copy of what is on these
claims. A claim is covered if a run that ended well, and is kept still, holds its data: of Velero a Backup that completed and has not
expired, of Stash and KubeStash a BackupSession that succeeded, or a VolumeSnapshot that is ready.

Not every claim is worth a backup. What can be made again may be left out on purpose.",
};

/// A schedule that makes no backups.
pub static BACKUP_NOT_WORKING: FindingKind = FindingKind {
    code: "ST-V02",
    name: "backup-not-working",
    severity: Severity::Warning,
    explanation: "\
A Schedule of Velero, or a BackupConfiguration of Stash or KubeStash, is paused or not valid, has not run yet, or failed at its newest
run. Whoever relies on it has the copies of before, as long as these are kept, and no others.",
};
