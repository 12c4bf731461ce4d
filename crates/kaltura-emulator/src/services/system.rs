//! The service `system`.

use crate::actions::Prepared;
use crate::request::Arguments;
use kaltura_types::api_error::ApiException;

/// Whether the server is there.
pub(crate) fn ping(_: Arguments<'_>) -> Result<Prepared, ApiException> {
    Ok(Box::new(|_| Ok(true.into())))
}

/// The server's time.
pub(crate) fn get_time(_: Arguments<'_>) -> Result<Prepared, ApiException> {
    Ok(Box::new(|call| Ok(call.now().as_seconds().into())))
}
