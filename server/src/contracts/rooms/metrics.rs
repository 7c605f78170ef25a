//! `GET /metrics` as the contract documents it, in JSON. Metrics for Prometheus are served at the
//! main address.

use crate::{State, gateway::ConnectionCount};
use axum::{Json, Router, extract, routing::get};
use chat::{Chat, WorkCounts};
use serde_json::{Value, json};
use std::time::Instant;

pub fn routes(connections: ConnectionCount) -> Router<State> {
    let started_at = Instant::now();
    let answer = async move |extract::State(chat): extract::State<Chat>| {
        let stats = chat.work_stats();
        let memory = memory();
        Json(json!({
            "connections": connections.count(),
            "messageQueueJobs": jobs(&stats.messages),
            "presenceQueueJobs": jobs(&stats.presence),
            "memoryUsage": {
                "heapUsed": memory.resident,
                "heapTotal": memory.reserved,
                "external": 0,
                "arrayBuffers": 0,
            },
            "uptime": started_at.elapsed().as_secs_f64(),
        }))
    };
    Router::new().route("/metrics", get(answer))
}

fn jobs(counts: &WorkCounts) -> Value {
    json!({
        "waiting": counts.waiting,
        "active": counts.active,
        "completed": counts.completed,
        "failed": counts.failed,
    })
}

/// Memory of this process in bytes.
#[derive(Default)]
struct Memory {
    resident: u64,
    reserved: u64,
}

/// Read from `/proc`; zeros on systems without it.
fn memory() -> Memory {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kilobytes * 1024)
    };
    Memory {
        resident: bytes("VmRSS:").unwrap_or_default(),
        reserved: bytes("VmData:").unwrap_or_default(),
    }
}
