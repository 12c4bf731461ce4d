//! One call of one action.

use std::marker::PhantomData;

use kaltura_auth::{ResponseMetadata, Session, WireRequest, WireResponse};
use kaltura_types::{Action, Parameters, payload};
use serde::de::DeserializeOwned;

use crate::builder::Settings;
use crate::error::{CallError, Called, Error};
use crate::exchange::{Exchange, Reading};
use crate::options::CallOptions;
use crate::reserved::reserved_among;
use crate::sent_secrets::sent_secrets;

/// A call that is ready to be sent, once or again.
pub(crate) struct Call<'a, O> {
    settings: &'a Settings,
    options: &'a CallOptions,
    called: Called,
    parameters: Parameters,
    wants_session: bool,
    output: PhantomData<fn() -> O>,
}

impl<'a, O> Call<'a, O> {
    pub(crate) fn new<A: Action<Output = O>>(
        action: &A,
        options: &'a CallOptions,
        settings: &'a Settings,
    ) -> Result<Self, Error> {
        let called = Called::new(action.service(), action.action());
        let mut parameters = action.parameters();
        if let Some(name) = reserved_among(&parameters) {
            return Err(Error::failed(called, CallError::ReservedParameter { name }));
        }
        let wants_session = options.ks.put_into(&mut parameters);
        if let Some(partner) = options.partner {
            parameters.insert("partnerId".to_owned(), partner.get().into());
        }
        if options.nocache {
            parameters.insert("nocache".to_owned(), 1.into());
        }
        parameters.insert("clientTag".to_owned(), settings.client_tag.clone().into());
        Ok(Self { settings, options, called, parameters, wants_session, output: PhantomData })
    }
}

impl<O: DeserializeOwned> Exchange for Call<'_, O> {
    type Output = O;

    fn called(&self) -> &Called {
        &self.called
    }

    fn options(&self) -> &CallOptions {
        self.options
    }

    fn wants_session(&self) -> bool {
        self.wants_session
    }

    fn request(&self, session: Option<&Session>) -> WireRequest {
        let mut parameters = self.parameters.clone();
        if let Some(session) = session {
            parameters.insert("ks".to_owned(), session.ks().expose().into());
        }
        let (service, action) = (self.called.service(), self.called.action());
        WireRequest::json(&self.settings.service_url, service, action, parameters)
    }

    fn secrets<'a>(&'a self, session: Option<&'a Session>) -> Vec<&'a str> {
        session
            .map(|session| session.ks().expose())
            .into_iter()
            .chain(sent_secrets(&self.parameters))
            .collect()
    }

    fn read(
        &self,
        response: &WireResponse,
        facts: &ResponseMetadata,
        session: Option<&Session>,
    ) -> Reading<O> {
        let outcome = match payload::decode(response.body()) {
            Ok(_) if !has_status_of_the_api(facts) => Err(Error::odd_status(self.called.clone(), facts)),
            Ok(output) => Ok(output),
            Err(error) => {
                let sent: Vec<String> = self.parameters.keys().cloned().collect();
                Err(Error::answer(self.called.clone(), error, facts, &sent, &self.secrets(session)))
            }
        };
        Reading::with_session(outcome, session)
    }
}

/// Whether this may be a result. The API gives results with 200 only (wire contract, section 2.1); what comes with
/// another status and is no error of the API is from something in between, be it JSON.
pub(crate) const fn has_status_of_the_api(facts: &ResponseMetadata) -> bool {
    matches!(facts.status(), 200..=299)
}
