package caps

// handleKind is an agent's public face: its number is the agent's key.
var handleKind = Kind{Type: TypeHandle}

// agentKind is an agent's own powers.
var agentKind = Kind{Type: TypeAgent, Stays: true}

// nodeKind is a vat on the network. It has no formula: its number is its key.
var nodeKind = Kind{Type: TypeNode}
