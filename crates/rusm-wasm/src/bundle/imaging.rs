//! The instance of the engine in which a bundle is evaluated, once.
//!
//! There is no node around it: of the host's functions it has the clocks and what it prints, and every other one ends it
//! with an error that says what was asked for. So nothing of the host's, no handle above all, can be in the memory that
//! it leaves.

use std::sync::LazyLock;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::{
    Cache, CacheConfig, Caller, Config, Engine, ExternType, Func, FuncType, Linker, Memory, MemoryType,
    Module, ResourceLimiter, Store, Trap, TypedFunc, Val,
};

use super::{BundleError, ENGINE};
use crate::host::stdio;
use crate::units::Size;

/// How long a bundle may take.
const TIME: Duration = Duration::from_secs(20);

/// How much memory it may use meanwhile.
const MEMORY: usize = 256 << 20;

const TOO_LARGE: BundleError = BundleError::TooLarge(Size(MEMORY as u64));

/// It runs on the caller's own stack, of which threads have 2 MiB.
const STACK: usize = 1 << 20;

struct Imaging {
    engine: Engine,
    module: Module,
}

/// Compiled once for a process of this program, and as a rule taken from the cache.
fn imaging() -> Result<&'static Imaging, BundleError> {
    static IMAGING: LazyLock<Result<Imaging, String>> = LazyLock::new(|| {
        let mut config = Config::new();
        config.epoch_interruption(true).max_wasm_stack(STACK).cache(Cache::new(CacheConfig::new()).ok());
        let engine = Engine::new(&config).map_err(|error| format!("{error:#}"))?;
        let module = Module::from_binary(&engine, ENGINE).map_err(|error| format!("{error:#}"))?;
        Ok(Imaging { engine, module })
    });
    IMAGING.as_ref().map_err(|error| BundleError::Engine(error.clone()))
}

#[derive(Default)]
struct State {
    /// Whether it asked for more memory than it may have.
    is_refused: bool,
    /// What the engine said of its own end.
    crash: Option<String>,
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.is_refused = desired > MEMORY;
        Ok(!self.is_refused)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// One evaluation.
pub(super) struct Instance {
    store: Store<State>,
    engine: wasmtime::Instance,
    memory: Memory,
    stack: i32,
    _watchdog: Watchdog,
}

impl Instance {
    pub(super) fn new() -> Result<Instance, BundleError> {
        let Imaging { engine, module } = imaging()?;
        let mut store = Store::new(engine, State::default());
        store.limiter(|state| state);
        store.set_epoch_deadline(1);
        let watchdog = Watchdog::start(engine.clone());
        let memory = define(&mut store, module).map_err(fault)?;
        let (linker, memory) = memory;
        let instance = linker.instantiate(&mut store, module).map_err(fault)?;
        let mut this = Instance { store, engine: instance, memory, stack: 0, _watchdog: watchdog };
        this.stack = this.stack_pointer()?;
        this.call("rusm_boot", ())?;
        Ok(this)
    }

    /// The script in the engine's own code.
    pub(super) fn compile(&mut self, name: &str, script: &[u8]) -> Result<Vec<u8>, BundleError> {
        let (name, name_length) = self.put(format!("{name}.js").as_bytes())?;
        let (script, script_length) = self.put(script)?;
        self.call("rusm_compile", (name, name_length, script, script_length))
    }

    /// Evaluates compiled code, and tells what it says that it is.
    pub(super) fn evaluate(&mut self, bytecode: &[u8]) -> Result<String, BundleError> {
        let (code, length) = self.put(bytecode)?;
        let description = self.call("rusm_evaluate", (code, length))?;
        let description =
            String::from_utf8(description).map_err(|error| BundleError::Engine(error.to_string()))?;
        let mut description: serde_json::Map<_, _> =
            serde_json::from_str(&description).map_err(|error| BundleError::Engine(error.to_string()))?;
        description.insert("version".to_owned(), crate::description::VERSION.into());
        Ok(serde_json::Value::from(description).to_string())
    }

    /// What the memory is now, to its end.
    pub(super) fn into_memory(mut self) -> Result<Vec<u8>, BundleError> {
        let settle: TypedFunc<(), ()> =
            self.engine.get_typed_func(&mut self.store, "rusm_settle").map_err(fault)?;
        let settled = settle.call(&mut self.store, ());
        settled.map_err(|error| self.failed(&error))?;
        if self.stack_pointer()? != self.stack {
            return Err(BundleError::Engine("the stack is not where it was at the start".to_owned()));
        }
        Ok(self.memory.data(&self.store).to_vec())
    }

    fn stack_pointer(&mut self) -> Result<i32, BundleError> {
        let global = self.engine.get_global(&mut self.store, "__stack_pointer");
        global
            .and_then(|global| global.get(&mut self.store).i32())
            .ok_or_else(|| BundleError::Engine("the engine shows no stack pointer".to_owned()))
    }

    /// Bytes in the engine's memory, which the next call takes over.
    fn put(&mut self, bytes: &[u8]) -> Result<(i32, i32), BundleError> {
        let room: TypedFunc<i32, i32> =
            self.engine.get_typed_func(&mut self.store, "rusm_room").map_err(fault)?;
        let length = i32::try_from(bytes.len()).map_err(|_| TOO_LARGE)?;
        let at = room.call(&mut self.store, length).map_err(|error| self.failed(&error))?;
        self.memory
            .write(&mut self.store, at.cast_unsigned() as usize, bytes)
            .map_err(|error| fault(error.into()))?;
        Ok((at, length))
    }

    fn call<P: wasmtime::WasmParams>(&mut self, name: &str, params: P) -> Result<Vec<u8>, BundleError> {
        let function: TypedFunc<P, i32> = self.engine.get_typed_func(&mut self.store, name).map_err(fault)?;
        let outcome = function.call(&mut self.store, params).map_err(|error| self.failed(&error))?;
        let word = |place: usize| -> Option<usize> {
            let at = outcome.cast_unsigned() as usize + 4 * place;
            let bytes = self.memory.data(&self.store).get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        let result = (|| {
            let (ok, at, length) = (word(0)?, word(1)?, word(2)?);
            Some((ok == 1, self.memory.data(&self.store).get(at..at.checked_add(length)?)?.to_vec()))
        })();
        match result {
            Some((true, bytes)) => Ok(bytes),
            Some((false, _)) if self.store.data().is_refused => Err(TOO_LARGE),
            Some((false, text)) => Err(BundleError::Thrown(String::from_utf8_lossy(&text).into_owned())),
            None => Err(BundleError::Engine("its answer is outside of its memory".to_owned())),
        }
    }

    /// Why a call ended in a trap.
    fn failed(&mut self, error: &wasmtime::Error) -> BundleError {
        if let Some(NeedsProcess(what)) = error.downcast_ref() {
            return BundleError::NeedsProcess(what.clone());
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => BundleError::TooLong(TIME),
            Some(Trap::StackOverflow) => BundleError::Thrown("it recurses too deeply".to_owned()),
            _ if self.store.data().is_refused => TOO_LARGE,
            _ => BundleError::Engine(
                self.store.data_mut().crash.take().unwrap_or_else(|| format!("{error:#}")),
            ),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn fault(error: wasmtime::Error) -> BundleError {
    BundleError::Engine(format!("{error:#}"))
}

/// A function of the host's that only processes have.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NeedsProcess(String);

/// What the engine imports: its memory, and functions.
fn define(store: &mut Store<State>, module: &Module) -> wasmtime::Result<(Linker<State>, Memory)> {
    let mut linker = Linker::new(module.engine());
    let mut memory = None;
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        match import.ty() {
            ExternType::Memory(ty) => {
                let defined = Memory::new(&mut *store, MemoryType::new(u32::try_from(ty.minimum())?, None))?;
                linker.define(&mut *store, from, name, defined)?;
                memory = Some(defined);
            }
            ExternType::Func(ty) => {
                let memory = memory.ok_or_else(|| wasmtime::Error::msg("the engine imports no memory"))?;
                let function = function(store, from, name, ty, memory);
                linker.define(&mut *store, from, name, function)?;
            }
            _ => wasmtime::bail!("the engine imports {from} {name}, which is neither memory nor function"),
        }
    }
    Ok((linker, memory.ok_or_else(|| wasmtime::Error::msg("the engine imports no memory"))?))
}

fn function(store: &mut Store<State>, from: &str, name: &str, ty: FuncType, memory: Memory) -> Func {
    let interface = from.split_once('@').map_or(from, |(interface, _)| interface);
    match (interface, name) {
        ("wasi:clocks/monotonic-clock", "now") => Func::wrap(store, monotonic),
        ("wasi:clocks/wall-clock", "now") => {
            Func::wrap(store, move |mut caller: Caller<'_, State>, at: u32| {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                memory.write(&mut caller, at as usize, &now.as_secs().to_le_bytes())?;
                memory.write(&mut caller, at as usize + 8, &now.subsec_nanos().to_le_bytes())?;
                Ok(())
            })
        }
        // What hash tables of the engine's own begin with. It is the same in all processes, and known to nobody outside.
        ("wasi:random/insecure-seed", "insecure-seed") => {
            Func::wrap(store, move |mut caller: Caller<'_, State>, at: u32| {
                let mut seed = [0; 16];
                for half in seed.chunks_mut(8) {
                    let state = std::hash::RandomState::new();
                    half.copy_from_slice(&std::hash::BuildHasher::hash_one(&state, 0).to_le_bytes());
                }
                memory.write(&mut caller, at as usize, &seed)?;
                Ok(())
            })
        }
        ("rusm:runtime/log", "print") => {
            Func::wrap(store, move |caller: Caller<'_, State>, at: u32, length: u32| {
                stdio::print(&text(&caller, memory, at, length));
            })
        }
        ("rusm:runtime/process", "crash") => {
            Func::wrap(store, move |mut caller: Caller<'_, State>, at: u32, length: u32| {
                let text = text(&caller, memory, at, length);
                caller.data_mut().crash = Some(text);
            })
        }
        _ => {
            let what = format!("{interface}.{name}");
            Func::new(store, ty, move |_: Caller<'_, State>, _: &[Val], _: &mut [Val]| {
                Err(NeedsProcess(what.clone()).into())
            })
        }
    }
}

fn text(caller: &Caller<'_, State>, memory: Memory, at: u32, length: u32) -> String {
    let start = at as usize;
    let bytes = memory.data(caller).get(start..start.saturating_add(length as usize)).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// Nanoseconds since the first call.
fn monotonic() -> u64 {
    static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Ends evaluations that last too long: all that run, which share one engine, when the first of them does.
struct Watchdog {
    _over: mpsc::Sender<()>,
}

impl Watchdog {
    fn start(engine: Engine) -> Watchdog {
        let (over, wait) = mpsc::channel::<()>();
        thread::spawn(move || {
            if wait.recv_timeout(TIME) == Err(mpsc::RecvTimeoutError::Timeout) {
                engine.increment_epoch();
            }
        });
        Watchdog { _over: over }
    }
}
