//! What is done about a request that was begun before: said again, cleared up by reading the interface, or left in doubt.
//! Nothing here calls AssociateVirtualInterface.

use crate::associate::{Associate, Invocation};
use crate::error::{Error, Name};
use crate::estate::Found;
use crate::facts::VirtualInterface;
use crate::keeping::Keeping;
use crate::ledger::{Entry, Seen, Status};
use crate::told::Told;

impl Associate {
    /// Says what was said of a request that is over, and offers it to the bus if that has not taken it yet.
    pub(crate) async fn say_again(&self, entry: &Entry, keeping: &mut Keeping<'_>, invocation: &Invocation) -> Told {
        if entry.emitted {
            return Told::offer(&entry.saying, None, invocation).await;
        }
        self.say(&entry.saying, keeping, invocation).await
    }

    /// Clears up whether the call of an attempt before was applied, by what was found now. `None`: the request may go on,
    /// for its call counts as never applied, or somebody else has brought the interface to its target.
    pub(crate) async fn clear_up(
        &self,
        entry: &Entry,
        seen: &Seen,
        found: &Result<Found, Error>,
        keeping: &mut Keeping<'_>,
        invocation: &Invocation,
    ) -> Result<Option<Told>, Error> {
        let now = invocation.clock.now();
        match found {
            Ok(Found::OnTarget(there)) if seen.is_held_by(entry, now) => {
                self.conclude(entry, there.virtual_interface.clone(), keeping, invocation).await.map(Some)
            }
            // The lease is lost: somebody else may have brought it there.
            Ok(Found::OnTarget(_)) => Ok(None),
            Ok(_) if entry.doubt_is_over(now) => Ok(None),
            _ => self.leave_in_doubt(entry, keeping, invocation).await.map(Some),
        }
    }

    /// Says that the interface, which was seen on the target, was moved by the attempt before.
    pub(crate) async fn conclude(
        &self,
        entry: &Entry,
        seen: VirtualInterface,
        keeping: &mut Keeping<'_>,
        invocation: &Invocation,
    ) -> Result<Told, Error> {
        let saying = entry.saying.now_associated(seen, invocation.clock.now())?;
        keeping.conclude(entry, &saying).await?;
        Told::log(&saying);
        Ok(self.say(&saying, keeping, invocation).await)
    }

    /// Says that nobody knows, once.
    pub(crate) async fn leave_in_doubt(
        &self,
        entry: &Entry,
        keeping: &mut Keeping<'_>,
        invocation: &Invocation,
    ) -> Result<Told, Error> {
        if entry.status == Status::InProgress {
            match keeping.leave_in_doubt(entry).await {
                // Any other name would say that nothing moved.
                Err(error) if error.name == Name::InProgress => return Err(error),
                Ok(()) | Err(_) => Told::log(&entry.saying),
            }
            return Ok(self.say(&entry.saying, keeping, invocation).await);
        }
        Ok(self.say_again(entry, keeping, invocation).await)
    }
}
