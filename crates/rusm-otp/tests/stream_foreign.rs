//! Foreign code that a stream runs, wakers and the destructors of chunks, runs without its lock: here it uses
//! the same stream, which would hang otherwise.

mod common;

use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Wake, Waker};

use bytes::Bytes;
use common::{as_process, both_ends};
use rusm_otp::StreamError;
use tokio::sync::oneshot;

/// Does something once, when it is woken or dropped.
struct Act(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Act {
    fn waker(act: impl FnOnce() + Send + 'static) -> Waker {
        Arc::new(Self(Mutex::new(Some(Box::new(act))))).into()
    }
}

impl Wake for Act {
    fn wake(self: Arc<Self>) {
        let act = self.0.lock().unwrap().take();
        act.unwrap()();
    }
}

impl Drop for Act {
    fn drop(&mut self) {
        if let Some(act) = self.0.get_mut().unwrap().take() {
            act();
        }
    }
}

#[tokio::test]
async fn a_woken_reader_may_read() {
    as_process(|mut ctx| async move {
        let (mut writer, mut reader) = both_ends(&mut ctx).await;
        let place = Arc::new(Mutex::new(None));
        let (read, is_read) = oneshot::channel();
        let waker = Act::waker({
            let place = place.clone();
            move || {
                let reader: Option<rusm_otp::StreamReader> = place.lock().unwrap().take();
                read.send(reader.unwrap().try_read(10)).unwrap();
            }
        });
        assert!(reader.poll_read_chunk(&mut TaskContext::from_waker(&waker), 10).is_pending());
        *place.lock().unwrap() = Some(reader);
        assert_eq!(writer.try_write(&mut "x".into()), Ok(1));
        assert_eq!(is_read.await.unwrap(), Ok(Some("x".into())));
        assert_eq!(writer.write("x").await, Err(StreamError::BrokenPipe));
    })
    .await;
}

#[tokio::test]
async fn a_woken_writer_may_write() {
    as_process(|mut ctx| async move {
        for leave in [false, true] {
            let mut writer = ctx.open_stream_with(ctx.pid(), 10);
            let (_, mut reader) = common::stream(&mut ctx).await;
            writer.write("0123456789").await.unwrap();
            let place = Arc::new(Mutex::new(None));
            let (written, is_written) = oneshot::channel();
            let waker = Act::waker({
                let place = place.clone();
                move || {
                    let writer: Option<rusm_otp::StreamWriter> = place.lock().unwrap().take();
                    written.send(writer.unwrap().try_write(&mut "x".into())).unwrap();
                }
            });
            assert!(writer.poll_ready(&mut TaskContext::from_waker(&waker)).is_pending());
            *place.lock().unwrap() = Some(writer);
            if leave {
                drop(reader);
                assert_eq!(is_written.await.unwrap(), Err(StreamError::BrokenPipe));
            } else {
                assert_eq!(reader.try_read(1), Ok(Some("0".into())));
                assert_eq!(is_written.await.unwrap(), Ok(1));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_waker_that_is_replaced_may_write() {
    as_process(|mut ctx| async move {
        let (mut writer, mut reader) = both_ends(&mut ctx).await;
        let waker = Act::waker(move || assert_eq!(writer.try_write(&mut "x".into()), Ok(1)));
        assert!(reader.poll_read_chunk(&mut TaskContext::from_waker(&waker), 10).is_pending());
        drop(waker);
        let noop = &mut TaskContext::from_waker(Waker::noop());
        assert!(reader.poll_read_chunk(noop, 10).is_pending());
        assert_eq!(reader.try_read(10), Ok(Some("x".into())));
    })
    .await;
}

/// Memory whose destructor does something.
struct Owner<F: FnMut()>(Vec<u8>, F);

impl<F: FnMut()> AsRef<[u8]> for Owner<F> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<F: FnMut()> Drop for Owner<F> {
    fn drop(&mut self) {
        (self.1)();
    }
}

fn owned(len: usize, on_drop: impl FnMut() + Send + 'static) -> Bytes {
    Bytes::from_owner(Owner(vec![0; len], on_drop))
}

#[tokio::test]
async fn a_chunk_that_is_dropped_may_use_the_stream() {
    as_process(|mut ctx| async move {
        // A short one is copied and dropped by the write.
        let (mut writer, mut reader) = both_ends(&mut ctx).await;
        writer.write("x").await.unwrap();
        let (read, is_read) = oneshot::channel();
        let mut read = Some(read);
        let chunk = owned(10, move || read.take().unwrap().send(reader.try_read(1)).unwrap());
        writer.write(chunk).await.unwrap();
        assert_eq!(is_read.await.unwrap(), Ok(Some("x".into())));

        // A long one is dropped by the reader, or with it.
        for read in [true, false] {
            let (writer, mut reader) = both_ends(&mut ctx).await;
            let writer = Arc::new(Mutex::new(writer));
            let (written, is_written) = oneshot::channel();
            let mut written = Some(written);
            let mut chunk = owned(5000, {
                let writer = writer.clone();
                move || {
                    let answer = writer.lock().unwrap().try_write(&mut "x".into());
                    written.take().unwrap().send(answer).unwrap();
                }
            });
            let amount = writer.lock().unwrap().try_write(&mut chunk);
            assert_eq!(amount, Ok(5000));
            drop(chunk);
            if read {
                drop(reader.read(5000).await);
                assert_eq!(is_written.await.unwrap(), Ok(1));
            } else {
                drop(reader);
                assert_eq!(is_written.await.unwrap(), Err(StreamError::BrokenPipe));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_chunk_whose_destructor_panics_hurts_neither_reader_nor_other_chunks() {
    as_process(|mut ctx| async move {
        let (mut writer, reader) = both_ends(&mut ctx).await;
        let (dropped, is_dropped) = oneshot::channel::<()>();
        let mut dropped = Some(dropped);
        writer.write(owned(2000, || panic!("in a destructor"))).await.unwrap();
        writer.write(owned(2000, move || drop(dropped.take()))).await.unwrap();
        drop(reader);
        assert!(is_dropped.await.is_err());
        assert_eq!(writer.write("x").await, Err(StreamError::BrokenPipe));
    })
    .await;
}
