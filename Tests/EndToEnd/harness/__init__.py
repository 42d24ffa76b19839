"""What the end-to-end tests are made of: a broker, servers, the gateway as a process, HTTP as plain as possible."""
