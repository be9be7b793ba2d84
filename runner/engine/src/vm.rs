//! The one runtime and context of an instance, with the platform in it.

use std::cell::RefCell;

use rquickjs::{Context, Ctx, Function, Module, Object, Persistent, Runtime, Value};

use crate::failure::Failure;
use crate::heap::Heap;
use crate::{event_loop, native, stack};

/// The platform's JavaScript, as `runner/build` bundles it.
static PLATFORM: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../platform/dist/platform.js"));

/// The built-in module that bundles import, and `rusm-ts` re-exports.
pub(crate) const BUILT_IN: &str = "rusm:runtime";

/// No collection of cycles before so many bytes: a process that answers one request is gone sooner.
const COLLECT_FROM: usize = 32 << 20;

struct Vm {
    runtime: Runtime,
    context: Context,
    entry: Persistent<Object<'static>>,
    handle: Persistent<Function<'static>>,
}

thread_local! {
    static VM: RefCell<Option<Vm>> = const { RefCell::new(None) };
}

/// What the platform gave us to call: see `runner/platform/entry.d.ts`.
pub(crate) struct Entry<'js> {
    pub(crate) ctx: Ctx<'js>,
    object: Object<'js>,
    handle: Function<'js>,
}

impl<'js> Entry<'js> {
    pub(crate) fn function(&self, name: &str) -> rquickjs::Result<Function<'js>> {
        self.object.get(name)
    }

    /// What answers a request; looked up once, before the image.
    pub(crate) fn handle(&self) -> &Function<'js> {
        &self.handle
    }
}

/// Makes the runtime and evaluates the platform.
pub(crate) fn boot() -> Result<(), Failure> {
    let runtime = Runtime::new_with_alloc(Heap::default()).map_err(Failure::engine)?;
    runtime.set_gc_threshold(COLLECT_FROM);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(event_loop::track)));
    let context = Context::full(&runtime).map_err(Failure::engine)?;
    if !unsafe { stack::limit(context.get_runtime_ptr()) } {
        return Err(Failure::Engine("the fields for the stack's limit are not where they were".to_owned()));
    }
    let made = context.with(|ctx| {
        let made = install(&ctx);
        made.map_err(|error| Failure::of(&ctx, None, error))
    });
    let (entry, handle) = made?;
    VM.set(Some(Vm { runtime, context, entry, handle }));
    Ok(())
}

type Made = (Persistent<Object<'static>>, Persistent<Function<'static>>);

fn install(ctx: &Ctx<'_>) -> rquickjs::Result<Made> {
    let natives = native::object(ctx)?;
    let module = Module::declare(ctx.clone(), "rusm:platform", PLATFORM)?;
    let (module, evaluated) = module.eval()?;
    evaluated.finish::<()>()?;
    let install: Function<'_> = module.get("default")?;
    let entry: Object<'_> =
        install.call((natives, rusm_runner_web::natives(ctx)?, native::crypto::object(ctx)?))?;
    built_in(ctx, &entry)?;
    let handle: Function<'_> = entry.get("handle")?;
    Ok((Persistent::save(ctx, entry), Persistent::save(ctx, handle)))
}

/// Makes a module of what the platform exports for bundles.
fn built_in<'js>(ctx: &Ctx<'js>, entry: &Object<'js>) -> rquickjs::Result<()> {
    use std::fmt::Write;
    const HANDOVER: &str = "rusm:handover";
    let exports: Object<'_> = entry.get("exports")?;
    let mut source = format!("const exports = globalThis[{HANDOVER:?}];\n");
    for name in exports.keys::<String>() {
        let name = name?;
        let _ = writeln!(source, "export const {name} = exports.{name};");
    }
    let globals = ctx.globals();
    globals.set(HANDOVER, exports)?;
    let (_, evaluated) = Module::declare(ctx.clone(), BUILT_IN, source)?.eval()?;
    globals.remove(HANDOVER)?;
    evaluated.finish::<()>()
}

/// Works with the platform. Not to be called from within itself.
pub(crate) fn with<T>(work: impl for<'js> FnOnce(&Entry<'js>) -> Result<T, Failure>) -> Result<T, Failure> {
    VM.with_borrow(|vm| {
        let Some(vm) = vm else { return Err(Failure::Engine("the engine has not been set up".to_owned())) };
        vm.context.with(|ctx| {
            let entry = || {
                let object = vm.entry.clone().restore(&ctx)?;
                let handle = vm.handle.clone().restore(&ctx)?;
                Ok(Entry { ctx: ctx.clone(), object, handle })
            };
            let entry = entry().map_err(|error: rquickjs::Error| Failure::engine(error))?;
            work(&entry)
        })
    })
}

/// Collects what only cycles hold.
pub(crate) fn collect() {
    VM.with_borrow(|vm| {
        if let Some(vm) = vm {
            vm.runtime.run_gc();
        }
    });
}

/// An exception's value, as text for the log.
pub(crate) fn shown<'js>(entry: &Entry<'js>, error: Value<'js>) -> String {
    let shown = entry.function("show").and_then(|show| show.call::<_, String>((error.clone(),)));
    shown.unwrap_or_else(|_| {
        entry.ctx.catch();
        format!("{error:?}")
    })
}
