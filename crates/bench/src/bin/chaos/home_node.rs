//! Placement of the clients: client `n` belongs to node `n mod nodes`.

/// Index of the node that a client connects to first, out of so many nodes.
pub fn home_node(client: usize, nodes: usize) -> usize {
    client % nodes
}
