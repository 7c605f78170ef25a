//! Tests of connections, engine streams and the flush queue, over TCP.

use super::EngineStream;
use crate::{
    gateway::{
        connection::Connection,
        flush_queue::FlushQueue,
        inbound::Inbound,
        limits::{READ_PAUSE, WRITE_STALL_TIMEOUT},
        polling_sessions::PollingSessions,
        write_queue::{FRAMES_PER_WRITE, FlushPriority, SlowConsumer},
    },
    receive_budget::ReceiveBudget,
};
use bytes::Bytes;
use socketioxide::socket::Sid;
use std::{future::poll_fn, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

async fn pair() -> (Connection, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    (Connection::new(accepted.unwrap().0), client.unwrap())
}

fn inbound() -> Inbound {
    Inbound::new(&ReceiveBudget::default())
}

fn engine_stream(connection: &Connection) -> EngineStream {
    EngineStream::new(connection.clone(), Bytes::new(), None, inbound(), None)
}

/// Enqueues more than the buffers of the kernel hold; returns the number of bytes.
fn fill(connection: &Connection) -> usize {
    let frame = Bytes::from(vec![7; 512 * 1024]);
    let mut count = 0;
    while connection
        .enqueue(frame.clone(), FlushPriority::Immediate)
        .is_ok()
    {
        connection.flush();
        count += frame.len();
    }
    count
}

#[tokio::test]
async fn abort_ends_both_directions() {
    let (connection, _client) = pair().await;
    let (mut reader, mut writer) = tokio::io::split(engine_stream(&connection));
    let reading = tokio::spawn(async move { reader.read(&mut [0; 8]).await });
    tokio::task::yield_now().await;
    connection.abort();
    assert_eq!(reading.await.unwrap().unwrap(), 0);
    assert!(writer.write_all(b"too late").await.is_err());
}

#[tokio::test]
async fn frames_arrive_in_the_order_in_which_they_were_enqueued() {
    let (connection, mut client) = pair().await;
    let mut stream = engine_stream(&connection);
    stream.write_all(b"one ").await.unwrap();
    assert_eq!(
        connection.enqueue(Bytes::from_static(b"two "), FlushPriority::Immediate),
        Ok(Some(FlushPriority::Immediate))
    );
    assert_eq!(
        connection.enqueue(Bytes::from_static(b"three "), FlushPriority::Immediate),
        Ok(None)
    );
    stream.write_all(b"four").await.unwrap();
    let mut received = [0; 18];
    client.read_exact(&mut received).await.unwrap();
    assert_eq!(&received, b"one two three four");
}

#[tokio::test]
async fn deferred_frames_are_written_with_immediate_ones() {
    let (connection, mut client) = pair().await;
    let _stream = engine_stream(&connection);
    let enqueue = |frame, priority| connection.enqueue(Bytes::from_static(frame), priority);
    assert_eq!(
        enqueue(b"one ", FlushPriority::Deferred),
        Ok(Some(FlushPriority::Deferred))
    );
    assert_eq!(enqueue(b"two ", FlushPriority::Deferred), Ok(None));
    assert_eq!(
        enqueue(b"three ", FlushPriority::Immediate),
        Ok(Some(FlushPriority::Immediate))
    );
    assert_eq!(enqueue(b"four", FlushPriority::Immediate), Ok(None));
    connection.flush();
    let mut received = [0; 18];
    client.read_exact(&mut received).await.unwrap();
    assert_eq!(&received, b"one two three four");
    // The flush emptied the queue, so the next deferred frame asks for a flush again.
    assert_eq!(
        enqueue(b"five", FlushPriority::Deferred),
        Ok(Some(FlushPriority::Deferred))
    );
    for _ in 2..FRAMES_PER_WRITE {
        assert_eq!(enqueue(b"more", FlushPriority::Deferred), Ok(None));
    }
    assert_eq!(
        enqueue(b"much", FlushPriority::Deferred),
        Ok(Some(FlushPriority::Immediate))
    );
}

#[tokio::test]
async fn deferred_frames_are_flushed_when_the_window_ends() {
    let (flush_queue, mut pairs) = (FlushQueue::default(), Vec::new());
    let _writers = flush_queue.spawn_writers();
    for _ in 0..100 {
        pairs.push(pair().await);
    }
    let enqueue_all = |frame, priority: FlushPriority| {
        let pending = pairs.iter().map(|(connection, _)| {
            let flush = connection
                .enqueue(Bytes::from_static(frame), priority)
                .unwrap();
            flush.map(|priority| (connection.clone(), priority))
        });
        flush_queue.schedule(&mut pending.flatten().collect());
    };
    enqueue_all(b"soon ", FlushPriority::Deferred);
    enqueue_all(b"now ", FlushPriority::Immediate);
    flush_queue.drained().await;
    enqueue_all(b"later", FlushPriority::Deferred);
    for (_, client) in &mut pairs {
        let mut received = [0; 14];
        client.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"soon now later");
    }
}

#[tokio::test]
async fn the_queue_is_bounded_and_written_when_the_peer_reads() {
    let (connection, mut client) = pair().await;
    let mut stream = engine_stream(&connection);
    let count = fill(&connection);
    assert!(connection.is_blocked());
    assert_eq!(
        connection.enqueue(Bytes::from_static(b"more"), FlushPriority::Immediate),
        Err(SlowConsumer)
    );
    let reading = tokio::spawn(async move { stream.read(&mut [0; 8]).await });
    let mut received = vec![0; count];
    client.read_exact(&mut received).await.unwrap();
    assert!(received.iter().all(|byte| *byte == 7));
    assert!(!connection.is_blocked());
    drop(client);
    assert_eq!(reading.await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_disconnected() {
    let (connection, _client) = pair().await;
    let mut stream = engine_stream(&connection);
    fill(&connection);
    let started = tokio::time::Instant::now();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    assert!(started.elapsed() >= WRITE_STALL_TIMEOUT);
}

#[tokio::test]
async fn bytes_read_ahead_are_not_lost() {
    let (connection, mut client) = pair().await;
    let mut stream = EngineStream::new(
        connection,
        Bytes::from_static(b"early "),
        None,
        inbound(),
        None,
    );
    client.write_all(b"late").await.unwrap();
    let mut received = [0; 10];
    stream.read_exact(&mut received).await.unwrap();
    assert_eq!(&received, b"early late");
}

#[tokio::test]
async fn closing_a_polling_session_aborts_its_connection() {
    let (connection, _client) = pair().await;
    let (sessions, id) = (PollingSessions::default(), Sid::new());
    let mut stream = EngineStream::new(
        connection,
        Bytes::new(),
        Some((id, sessions.clone())),
        inbound(),
        None,
    );
    assert!(!sessions.is_closed(id));
    sessions.close(id);
    assert!(sessions.is_closed(id));
    assert!(stream.write_all(b"x").await.is_err());
}

#[tokio::test]
async fn the_connect_ack_is_awaited() {
    let (connection, _client) = pair().await;
    let waiting_connection = connection.clone();
    let waiting = tokio::spawn(async move { waiting_connection.connect_acked("/chat").await });
    let mut stream = engine_stream(&connection);
    stream.write_all(b"\x81\x0740{\"a\"}").await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!waiting.is_finished());
    stream.write_all(b"\x81\x0b40/chat,{}x").await.unwrap();
    waiting.await.unwrap();
}

/// The engine makes room for a whole message when it sees its head.
#[tokio::test]
async fn the_engine_sees_no_message_before_there_is_room_for_it() {
    const LENGTH: u32 = 1_000_000;
    let head = [&[0x81, 0xff][..], &u64::from(LENGTH).to_be_bytes(), &[0; 4]].concat();
    for read_ahead in [&[][..], &head] {
        let budget = ReceiveBudget::default();
        let mut others = budget.share();
        poll_fn(|cx| others.poll_take(usize::MAX, cx)).await;
        let (connection, mut client) = pair().await;
        connection.mark_joined();
        let ahead = Bytes::copy_from_slice(read_ahead);
        let inbound = Inbound::new(&budget);
        let mut stream = EngineStream::new(connection.clone(), ahead, None, inbound, None);
        if read_ahead.is_empty() {
            client.write_all(&head).await.unwrap();
        }
        client.write_all(b"hello").await.unwrap();
        let mut seen = [0; 19];
        let waits = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut seen));
        assert!(waits.await.is_err(), "there is no room yet");
        others.release();
        // In parts, as what was kept back may be longer than what the engine asks for.
        stream.read_exact(&mut seen[..8]).await.unwrap();
        stream.read_exact(&mut seen[8..]).await.unwrap();
        assert_eq!(seen[..14], head);
        assert_eq!(&seen[14..], b"hello");
        assert!(!connection.is_aborted());
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_connection_is_read_later() {
    let (connection, mut client) = pair().await;
    let mut stream = engine_stream(&connection);
    client.write_all(b"before").await.unwrap();
    let mut bytes = [0; 6];
    stream.read_exact(&mut bytes).await.unwrap();
    connection.pause_reading();
    client.write_all(b"behind").await.unwrap();
    let began = tokio::time::Instant::now();
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"behind");
    assert!(began.elapsed() >= READ_PAUSE);
    client.write_all(b"at once").await.unwrap();
    let began = tokio::time::Instant::now();
    stream.read_exact(&mut bytes).await.unwrap();
    assert!(began.elapsed() < READ_PAUSE);
}
