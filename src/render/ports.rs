//! Ports of this machine that compose publishes: no two the same.

use std::collections::BTreeSet;

use crate::facts::{Component, Port};

/// Those that are taken already.
pub(super) struct Ports(BTreeSet<u16>);

impl Ports {
    /// What components and backing services publish.
    pub(super) fn of(components: &[Component], services: impl Iterator<Item = u16>) -> Self {
        let own = components.iter().filter_map(on_host).map(Port::number);
        Ports(own.chain(services).collect())
    }

    /// A debugger's port: its usual one for one component, the next free one for others.
    pub(super) fn debugger(&mut self, component: &Component, port: u16) -> String {
        let wanted = Port::new(port).ok().filter(|_| component.among.is_some());
        let host = wanted.map_or(port, |wanted| wanted.first_free(&self.0).number());
        self.0.insert(host);
        publish(&variable(component, "DEBUG_PORT"), host, port)
    }
}

/// A port on the loopback of the host, moved by a variable.
pub(super) fn publish(variable: &str, host: u16, port: u16) -> String {
    format!("127.0.0.1:${{{variable}:-{host}}}:{port}")
}

/// The component's own, if it listens.
pub(super) fn published(component: &Component) -> Option<String> {
    let name = if component.among.is_some() { "PORT" } else { "APP_PORT" };
    Some(publish(&variable(component, name), on_host(component)?.number(), component.listens_on()?.number()))
}

fn on_host(component: &Component) -> Option<Port> {
    component.among.as_ref().map_or(component.listens_on(), |among| among.host_port)
}

/// `API_DEBUG_PORT` of the component `api` beside others.
fn variable(component: &Component, name: &str) -> String {
    match component.among {
        None => name.to_owned(),
        Some(_) => format!("{}_{name}", component.service_name().to_ascii_uppercase().replace('-', "_")),
    }
}
