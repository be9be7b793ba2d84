//! The wasmtime engines and their settings, each of which was measured.
//!
//! There is one with wasmtime's pool, one for instances that begin as an image, which have memories of the node's own, and
//! one for WASI 0.3, for what asynchronous functions need costs every call of a component that has none. The latter two are made
//! when the first component needs them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use wasmtime::component::{InstancePre, Linker};
use wasmtime::{Cache, CacheConfig, Config, Enabled, PoolingAllocationConfig};

use crate::bundle;
use crate::description::Wasi;
use crate::host::{self, HostState};
use crate::kernel::{self, KernelError};
use crate::memory::{Creator, Memories, Spare, Stacks};

/// How an engine is set up. The defaults are those of `rusm.toml`.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Instances alive at once; the pool is made for so many.
    pub max_instances: u32,
    /// How often a running guest is interrupted to let others run. CPU time is counted in such ticks.
    pub epoch_tick: Duration,
    /// Resets instances by asking the kernel which of their pages were written (Linux 6.7 and later). Where
    /// the kernel cannot tell, or when this is off, less of an instance's memory is kept between requests.
    pub pagemap_scan: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        EngineConfig { max_instances: 4096, epoch_tick: Duration::from_millis(1), pagemap_scan: true }
    }
}

/// Why no engine could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The kernel's limits are too small for the pool.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The pool could not be reserved, or the machine lacks something.
    #[error("cannot set up the WebAssembly engine for {max_instances} instances: {reason}")]
    Setup {
        /// The size of the pool that was asked for.
        max_instances: u32,
        /// What wasmtime said.
        reason: String,
    },
}

/// Compiles components and makes their instances.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) linker: Arc<Linker<HostState>>,
    /// What instances of bundles are of, once there is a bundle.
    runner: Arc<OnceLock<InstancePre<HostState>>>,
    /// What memories of the node's own may keep for instances to come.
    spare: Arc<Spare>,
    pagemap_scan: bool,
    _ticker: Arc<Ticker>,
}

/// The engines of a node. Their pools are of the same size, and what is alive in all together is no more than
/// `max_instances`.
pub(crate) struct Engines {
    config: EngineConfig,
    ticker: Arc<Ticker>,
    plain: Engine,
    others: Mutex<Others>,
}

/// Those that are made when the first component needs one.
#[derive(Default)]
struct Others {
    imaged: Option<Engine>,
    concurrent: Option<Engine>,
}

/// What an engine's instances are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Components of WASI 0.2.
    Plain,
    /// Such components, and bundles, whose memory begins as an image.
    Imaged,
    /// Components of WASI 0.3.
    Concurrent,
}

impl Purpose {
    /// A call of WASI 0.3 that waits inside the host keeps a stack, while the next runs on another.
    fn stacks(self) -> u32 {
        if self == Purpose::Concurrent { 2 } else { 1 }
    }

    /// Slots that are kept as they are when nothing uses them.
    fn warm(self, instances: u32) -> u32 {
        instances / if self == Purpose::Plain { 2 } else { 8 }
    }
}

/// Bytes of an instance's memory that are reset in place rather than given back to the kernel. With `pagemap_scan` the
/// reset costs what was written, not what is kept; without it every kept byte is written again, so that less is more.
pub(crate) const KEEP_RESIDENT: usize = 1 << 20;
const KEEP_RESIDENT_WITHOUT_SCAN: usize = 128 << 10;

/// What an instance that is no more may leave for the next of what is the node's own, memory and stack together, in the
/// mean.
const SPARE: usize = 512 << 10;

/// What guests have of a fibre's stack of 2 MiB; the host's functions run on the rest. An interpreter needs three times as
/// much of it as of the stack in its memory, by which it bounds recursion (256 KiB, `runner/engine/src/stack.rs`).
const GUEST_STACK: usize = 1536 << 10;

/// Mappings of the kernel that a pool's slot takes: two for each stack, three for its memory while it is in use or warm.
const MAPPINGS: u64 = 5;

impl Engines {
    /// Reserves the first engine's pool and starts its epoch's clock.
    pub(crate) fn new(config: EngineConfig) -> Result<Engines, EngineError> {
        kernel::check_map_count(config.max_instances, MAPPINGS)?;
        let ticker = Ticker::start(config.epoch_tick);
        let plain = Engine::new(&config, Purpose::Plain, &ticker)?;
        Ok(Engines { config, ticker, plain, others: Mutex::default() })
    }

    /// The engine for components of this WASI.
    pub(crate) fn of(&self, wasi: Wasi) -> Result<Engine, EngineError> {
        if wasi < Wasi::V0_3 { Ok(self.plain.clone()) } else { self.other(Purpose::Concurrent) }
    }

    /// The engine for instances whose memory begins as an image.
    pub(crate) fn imaged(&self) -> Result<Engine, EngineError> {
        self.other(Purpose::Imaged)
    }

    fn other(&self, purpose: Purpose) -> Result<Engine, EngineError> {
        let mut others = self.others.lock();
        let Others { imaged, concurrent } = &mut *others;
        let (engine, beside) = match purpose {
            Purpose::Plain => return Ok(self.plain.clone()),
            Purpose::Imaged => (imaged, concurrent.is_some().then_some(Purpose::Concurrent)),
            Purpose::Concurrent => (concurrent, imaged.is_some().then_some(Purpose::Imaged)),
        };
        if let Some(engine) = engine {
            return Ok(engine.clone());
        }
        // What is alive counts once; to the stacks of all come the slots that are warm in the pools that it is not in.
        let stacks: u64 =
            beside.into_iter().chain([purpose]).map(|purpose| 2 * u64::from(purpose.stacks())).sum();
        kernel::check_map_count(self.config.max_instances, MAPPINGS + stacks + 2)?;
        Ok(engine.insert(Engine::new(&self.config, purpose, &self.ticker)?).clone())
    }

    /// How long an epoch tick is.
    pub(crate) fn tick(&self) -> Duration {
        self.config.epoch_tick
    }

    /// How many epoch ticks this much CPU time is: at least one.
    pub(crate) fn ticks_in(&self, time: Duration) -> u32 {
        let ticks = time.as_nanos().div_ceil(self.config.epoch_tick.as_nanos().max(1));
        u32::try_from(ticks).unwrap_or(u32::MAX).max(1)
    }
}

impl Engine {
    fn new(config: &EngineConfig, purpose: Purpose, ticker: &Arc<Ticker>) -> Result<Engine, EngineError> {
        let failed = |error: wasmtime::Error| EngineError::Setup {
            max_instances: config.max_instances,
            reason: format!("{error:#}"),
        };
        let spare = Spare::new(purpose.warm(config.max_instances) as usize * SPARE);
        let wasmtime = match purpose {
            Purpose::Imaged => wasmtime::Engine::new(&settings_for_images(Arc::clone(&spare))),
            _ => with_scan_if_possible(config, purpose),
        };
        let wasmtime = wasmtime.map_err(failed)?;
        let wasi = if purpose == Purpose::Concurrent { Wasi::V0_3 } else { Wasi::V0_2 };
        let linker = host::linker(&wasmtime, wasi).map_err(failed)?;
        ticker.tick(wasmtime.clone());
        Ok(Engine {
            wasmtime,
            linker: Arc::new(linker),
            runner: Arc::default(),
            spare,
            pagemap_scan: config.pagemap_scan,
            _ticker: Arc::clone(ticker),
        })
    }

    /// The JavaScript engine, ready to be instantiated, which all bundles share.
    pub(crate) fn runner(&self) -> wasmtime::Result<&InstancePre<HostState>> {
        if let Some(runner) = self.runner.get() {
            return Ok(runner);
        }
        let made = self.linker.instantiate_pre(&bundle::component(&self.wasmtime)?)?;
        Ok(self.runner.get_or_init(|| made))
    }

    /// Memories for instances that begin as this image. What one has written to is put back by copying up to `kept` bytes.
    pub(crate) fn memories(&self, image: &[u8], kept: usize) -> std::io::Result<Arc<Memories>> {
        Memories::new(image, kept, self.pagemap_scan, Arc::clone(&self.spare))
    }
}

fn with_scan_if_possible(config: &EngineConfig, purpose: Purpose) -> wasmtime::Result<wasmtime::Engine> {
    if !config.pagemap_scan {
        return wasmtime::Engine::new(&settings(config, purpose, Enabled::No));
    }
    // `Yes` fails where the kernel lacks the call, which is how one learns that it does.
    wasmtime::Engine::new(&settings(config, purpose, Enabled::Yes)).or_else(|_| {
        let engine = wasmtime::Engine::new(&settings(config, purpose, Enabled::No))?;
        if purpose == Purpose::Plain {
            tracing::info!(
                target: "rusm",
                "this kernel does not tell which pages were written (PAGEMAP_SCAN, Linux 6.7): a request costs several times as much"
            );
        }
        Ok(engine)
    })
}

fn settings(config: &EngineConfig, purpose: Purpose, scan: Enabled) -> Config {
    let instances = config.max_instances;
    let keep = if scan == Enabled::Yes { KEEP_RESIDENT } else { KEEP_RESIDENT_WITHOUT_SCAN };
    let mut pool = PoolingAllocationConfig::default();
    // A component is its main module and the two that adapt its imports, with a table and a memory each at
    // the most.
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(4))
        .total_memories(instances)
        .total_tables(instances.saturating_mul(4))
        .total_stacks(instances.saturating_mul(purpose.stacks()))
        .max_unused_warm_slots(purpose.warm(instances))
        .linear_memory_keep_resident(keep)
        .table_keep_resident(keep)
        .pagemap_scan(scan);
    let mut settings = common_settings(purpose == Purpose::Concurrent);
    settings.allocation_strategy(pool);
    settings
}

/// Their pool is one of our own.
fn settings_for_images(spare: Arc<Spare>) -> Config {
    let mut settings = common_settings(false);
    settings
        .with_host_memory(Arc::new(Creator))
        .with_host_stack(Arc::new(Stacks::new(spare)))
        // The image comes with the memory.
        .memory_init_cow(false);
    settings
}

fn common_settings(concurrent: bool) -> Config {
    let mut settings = Config::new();
    settings
        .epoch_interruption(true)
        .max_wasm_stack(GUEST_STACK)
        // Components of WASI 0.2 call no async function, and without them a call costs 40% less.
        .concurrency_support(concurrent)
        .wasm_component_model_async(concurrent)
        .cache(cache());
    settings
}

/// Compiled code is kept under the user's cache folder, by the content of the component and these
/// settings. Without such a folder every start compiles.
fn cache() -> Option<Cache> {
    match Cache::new(CacheConfig::new()) {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!(target: "rusm", "compiled components are not cached: {error:#}");
            None
        }
    }
}

/// The thread that moves the epochs on.
struct Ticker {
    engines: Arc<Mutex<Vec<wasmtime::Engine>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(tick: Duration) -> Arc<Ticker> {
        let stop = Arc::new(AtomicBool::new(false));
        let engines = Arc::new(Mutex::new(Vec::<wasmtime::Engine>::new()));
        let (stopped, ticked) = (Arc::clone(&stop), Arc::clone(&engines));
        let thread = std::thread::Builder::new().name("rusm-epoch".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(tick);
                ticked.lock().iter().for_each(wasmtime::Engine::increment_epoch);
            }
        });
        Arc::new(Ticker { engines, stop, thread: thread.ok() })
    }

    fn tick(&self, engine: wasmtime::Engine) {
        self.engines.lock().push(engine);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
