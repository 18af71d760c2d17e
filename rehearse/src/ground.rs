//! What the rehearsal is held on: the inventory, and what a person should know of it before believing what is seen.

use std::path::PathBuf;

use dx_sim::{AccountFrom, Inventory, Table};

/// What a person calls the tables that the checks are about. Hardly anyone has interconnects, and so hardly any
/// inventory does.
const TABLES: [(Table, &str); 4] = [
    (Table::VirtualInterfaces, "virtual interfaces"),
    (Table::Connections, "connections"),
    (Table::Lags, "LAGs"),
    (Table::GatewayAttachments, "gateway attachments"),
];

/// What is known of an inventory besides its content.
pub(crate) struct Ground {
    /// What a person calls it.
    pub(crate) name: String,
    /// How the account was guessed, if nobody said it.
    pub(crate) guessed: Option<&'static str>,
    /// The tables that no file has.
    missing: Vec<&'static str>,
}

impl Ground {
    fn of(inventory: &Inventory, name: String) -> Self {
        Self {
            name,
            guessed: match inventory.account_from() {
                AccountFrom::Given => None,
                AccountFrom::Ports => Some("owner of most ports"),
                AccountFrom::Interfaces => Some("owner of most virtual interfaces"),
                AccountFrom::Nothing => Some("nothing here has an owner"),
            },
            missing: TABLES.iter().filter(|(table, _)| inventory.lacks(*table)).map(|(_, name)| *name).collect(),
        }
    }

    /// What the inventory does not have, so that the simulator may answer otherwise than AWS would.
    pub(crate) fn missing(&self) -> Option<String> {
        let missing = self.missing.join(", ");
        let told = format!("not in the inventory: {missing}; the simulator answers as if there were none");
        (!missing.is_empty()).then_some(told)
    }
}

/// Reads the files, or takes the inventory that is built in.
pub(crate) fn read(files: &[PathBuf]) -> Result<(Inventory, Ground), String> {
    let mut all = Inventory::default();
    for file in files {
        let one = Inventory::read(file).map_err(|error| error.to_string())?;
        all.merge(one).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let mut name = files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    if files.is_empty() {
        (all, name) = (Inventory::example(), "the built-in estate".to_owned());
    }
    let ground = Ground::of(&all, name);
    Ok((all, ground))
}
