//! The store.

use rquickjs::{Array, Ctx, FromJs, Object, Result, Value};

use super::{Big, Bytes, Natives, count, milliseconds, throw, time};
use crate::bindings::rusm::runtime::kv::{self, Bound, Change, Error, Key, Lifetime, Part, Scan};

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("kvGet", |ctx: Ctx<'_>, bucket: String, key: Bytes| {
        Ok::<_, rquickjs::Error>(done(&ctx, kv::get(&bucket, &key.0))?.map(Bytes))
    })?;
    natives.add_live("kvExists", |ctx: Ctx<'_>, bucket: String, key: Bytes| {
        done(&ctx, kv::exists(&bucket, &key.0))
    })?;
    natives.add_live("kvSet", |ctx: Ctx<'_>, bucket: String, key: Bytes, value: Bytes, ttl: Lasting| {
        done(&ctx, kv::set(&bucket, &key.0, &value.0, ttl.0))
    })?;
    natives.add_live("kvDelete", |ctx: Ctx<'_>, bucket: String, key: Bytes| {
        done(&ctx, kv::delete(&bucket, &key.0))
    })?;
    natives.add_live("kvCompareAndSet", compare_and_set)?;
    natives.add_live("kvIncrement", |ctx: Ctx<'_>, bucket: String, key: Bytes, by: Big, ttl: Lasting| {
        done(&ctx, kv::increment(&bucket, &key.0, by.0.cast_signed(), ttl.0))
            .map(|sum| Big(sum.cast_unsigned()))
    })?;
    natives.add_live("kvTtl", |ctx: Ctx<'_>, bucket: String, key: Bytes| {
        let lifetime = done(&ctx, kv::ttl(&bucket, &key.0))?;
        Ok::<_, rquickjs::Error>(match lifetime {
            Lifetime::Absent => None,
            Lifetime::Forever => Some(f64::INFINITY),
            Lifetime::For(left) => Some(milliseconds(left)),
        })
    })?;
    natives.add_live("kvKeys", keys)?;
    natives.add_live("kvEntries", entries)?;
    natives.add_live("kvCount", |ctx: Ctx<'_>, bucket: String| done(&ctx, kv::count(&bucket)).map(count))?;
    natives.add_live("kvClear", |ctx: Ctx<'_>, bucket: String| done(&ctx, kv::clear(&bucket)).map(count))?;
    natives.add_live("kvBuckets", buckets)?;
    natives.add_live("kvBatch", batch)
}

fn done<T>(ctx: &Ctx<'_>, result: std::result::Result<T, Error>) -> Result<T> {
    result.or_else(|error| match error {
        Error::Denied(why) => throw(ctx, "denied", &why),
        Error::NoStore(why) => throw(ctx, "no-store", &why),
        Error::Invalid(why) => throw(ctx, "invalid", &why),
        Error::Busy(why) => throw(ctx, "busy", &why),
        Error::Failed(why) => throw(ctx, "failed", &why),
    })
}

/// How long a key lives: milliseconds, or undefined for ever.
struct Lasting(Option<u64>);

impl<'js> FromJs<'js> for Lasting {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        Ok(Lasting(time(Option::from_js(ctx, value)?)))
    }
}

fn compare_and_set(
    ctx: Ctx<'_>,
    bucket: String,
    key: Bytes,
    expected: Option<Bytes>,
    next: Option<Bytes>,
) -> Result<bool> {
    let bytes = |value: &Option<Bytes>| value.as_ref().map(|value| value.0.clone());
    let (expected, next) = (bytes(&expected), bytes(&next));
    done(&ctx, kv::compare_and_set(&bucket, &key.0, expected.as_deref(), next.as_deref()))
}

impl<'js> FromJs<'js> for Scan {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let scan = Object::from_js(ctx, value)?;
        let bound = |name: &str| -> Result<Bound> {
            Ok(match scan.get::<_, Option<Array<'js>>>(name)? {
                None => Bound::Unbounded,
                Some(bound) if bound.get(1)? => Bound::Included(bound.get::<Bytes>(0)?.0),
                Some(bound) => Bound::Excluded(bound.get::<Bytes>(0)?.0),
            })
        };
        let prefix: Option<Bytes> = scan.get("prefix")?;
        Ok(Scan {
            part: match prefix {
                Some(prefix) => Part::Prefix(prefix.0),
                None => Part::Range((bound("from")?, bound("to")?)),
            },
            reverse: scan.get("reverse")?,
            limit: scan.get("limit")?,
            after: scan.get::<_, Option<Bytes>>("after")?.map(|key| key.0),
        })
    }
}

fn keys(ctx: Ctx<'_>, bucket: String, scan: Scan) -> Result<Object<'_>> {
    let page = done(&ctx, kv::keys_of(&bucket, &scan))?;
    let object = Object::new(ctx)?;
    object.set("keys", page.keys.into_iter().map(Bytes).collect::<Vec<_>>())?;
    object.set("more", page.more)?;
    Ok(object)
}

fn entries(ctx: Ctx<'_>, bucket: String, scan: Scan) -> Result<Object<'_>> {
    let page = done(&ctx, kv::entries_of(&bucket, &scan))?;
    let entries = Array::new(ctx.clone())?;
    for (index, (key, value)) in page.entries.into_iter().enumerate() {
        let entry = Array::new(ctx.clone())?;
        entry.set(0, Bytes(key))?;
        entry.set(1, Bytes(value))?;
        entries.set(index, entry)?;
    }
    let object = Object::new(ctx)?;
    object.set("entries", entries)?;
    object.set("more", page.more)?;
    Ok(object)
}

fn buckets(ctx: Ctx<'_>) -> Result<Array<'_>> {
    let all = Array::new(ctx.clone())?;
    for (index, (name, keys)) in done(&ctx, kv::buckets())?.into_iter().enumerate() {
        let bucket = Array::new(ctx.clone())?;
        bucket.set(0, name)?;
        bucket.set(1, count(keys))?;
        all.set(index, bucket)?;
    }
    Ok(all)
}

fn batch<'js>(ctx: Ctx<'js>, changes: Array<'js>) -> Result<bool> {
    let changes =
        changes.iter::<Object<'js>>().map(|change| change_of(&ctx, &change?)).collect::<Result<Vec<_>>>()?;
    done(&ctx, kv::batch(&changes))
}

fn change_of<'js>(ctx: &Ctx<'js>, change: &Object<'js>) -> Result<Change> {
    let kind: String = change.get("kind")?;
    let key = Key { bucket: change.get("bucket")?, key: change.get::<_, Bytes>("key")?.0 };
    Ok(match kind.as_str() {
        "expect" => Change::Expect((key, change.get::<_, Option<Bytes>>("value")?.map(|value| value.0))),
        "set" => {
            let ttl: Lasting = Lasting::from_js(ctx, change.get("ttl")?)?;
            Change::Set((key, change.get::<_, Bytes>("value")?.0, ttl.0))
        }
        "delete" => Change::Delete(key),
        _ => return throw(ctx, "invalid", &format!("`{kind}` is no kind of change")),
    })
}
