//! What the host calls to make an image: functions of the core module, beside the component's interface.

use std::{panic, ptr};

use rquickjs::module::WriteOptions;
use rquickjs::{Function, Module, Object};

use crate::bindings::rusm::runtime::process;
use crate::failure::Failure;
use crate::{event_loop, heap, vm};

/// What came of a call, for the host to read.
#[repr(C)]
pub struct Outcome {
    /// 1 if it went well.
    ok: u32,
    at: *const u8,
    length: usize,
}

impl Outcome {
    /// Leaks it: it lies in an instance that is thrown away, or in the image for good.
    fn leak(result: Result<Vec<u8>, Failure>) -> *const Outcome {
        let (ok, bytes) = match result {
            Ok(bytes) => (1, bytes),
            Err(failure) => (0, String::from(failure).into_bytes()),
        };
        let bytes = bytes.leak();
        Box::leak(Box::new(Outcome { ok, at: bytes.as_ptr(), length: bytes.len() }))
    }
}

/// Room for bytes that the host writes, and that the call they are for takes over.
#[unsafe(no_mangle)]
pub extern "C" fn rusm_room(length: usize) -> *mut u8 {
    vec![0; length].leak().as_mut_ptr()
}

/// Sets up the runtime and the platform.
#[unsafe(no_mangle)]
pub extern "C" fn rusm_boot() -> *const Outcome {
    wit_bindgen::rt::run_ctors_once();
    // The standard library would write to a stream, and none of its handles may be in the image.
    panic::set_hook(Box::new(|panic| process::crash(&panic.to_string())));
    Outcome::leak(vm::boot().map(|()| Vec::new()))
}

/// Compiles a bundle to the engine's own code.
///
/// # Safety
///
/// Both are places of [`rusm_room`], in UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rusm_compile(
    name: *mut u8,
    name_length: usize,
    script: *mut u8,
    script_length: usize,
) -> *const Outcome {
    let name = unsafe { taken(name, name_length) };
    let script = unsafe { taken(script, script_length) };
    Outcome::leak(vm::with(|entry| {
        let compiled = Module::declare(entry.ctx.clone(), name, script)
            .and_then(|module| module.write(WriteOptions::default()));
        compiled.map_err(|error| Failure::of(&entry.ctx, Some(entry), error))
    }))
}

/// Evaluates a compiled bundle, and tells what it is: JSON.
///
/// # Safety
///
/// It is a place of [`rusm_room`], with what [`rusm_compile`] of this very engine gave.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rusm_evaluate(code: *mut u8, length: usize) -> *const Outcome {
    let code = unsafe { taken(code, length) };
    Outcome::leak(vm::with(|entry| {
        let failed = |error| Failure::of(&entry.ctx, Some(entry), error);
        let (module, evaluated) =
            unsafe { Module::load(entry.ctx.clone(), &code) }.and_then(Module::eval).map_err(failed)?;
        drop(code);
        event_loop::settle::<()>(entry, evaluated.into_value())?;
        let bundle = module.namespace().map_err(failed)?;
        if let Ok(warm_up) = bundle.get::<_, Function<'_>>("warmup") {
            let warmed = warm_up.call::<_, rquickjs::Value<'_>>(()).map_err(failed)?;
            event_loop::settle::<rquickjs::Value<'_>>(entry, warmed)?;
        }
        let describe = entry.function("describe").map_err(failed)?;
        let description: Object<'_> = describe.call((bundle,)).map_err(failed)?;
        let description = entry.ctx.json_stringify(description).map_err(failed)?;
        let description = description.map_or(Ok(String::new()), |text| text.to_string()).map_err(failed)?;
        if !event_loop::is_idle() {
            return Err(Failure::Thrown("it waits for something at module scope".to_owned()));
        }
        Ok(description.into_bytes())
    }))
}

/// To be called last: throws away what only cycles hold, and makes room for what processes allocate.
#[unsafe(no_mangle)]
pub extern "C" fn rusm_settle() {
    vm::collect();
    heap::make_room();
}

unsafe fn taken(at: *mut u8, length: usize) -> Vec<u8> {
    unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(at, length)) }.into_vec()
}
