//! Values that are deserialized on first use. A run over few files needs only small parts of the built-in packs: most
//! rules find nothing to evaluate there, and few have a finding to explain.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value, or its serialized bytes until it is first used.
///
/// INVARIANT: bytes are read by the program they were written for. Invalid bytes give the default.
pub(crate) struct Deferred<T> {
    bytes: Box<[u8]>,
    /// Boxed, since most are never read.
    read: OnceLock<Box<T>>,
}

impl<T> From<T> for Deferred<T> {
    fn from(value: T) -> Self {
        Self {
            bytes: Box::default(),
            read: OnceLock::from(Box::new(value)),
        }
    }
}

impl<T: Default> Default for Deferred<T> {
    fn default() -> Self {
        Self::from(T::default())
    }
}

impl<T: DeserializeOwned + Default> Deref for Deferred<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let read = || postcard::from_bytes(&self.bytes).unwrap_or_default();
        self.read.get_or_init(|| Box::new(read()))
    }
}

impl<T: Serialize + DeserializeOwned + Default> Serialize for Deferred<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let bytes = postcard::to_allocvec(&**self).map_err(S::Error::custom)?;
        to.serialize_bytes(&bytes)
    }
}

impl<'de, T> Deserialize<'de> for Deferred<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self {
            bytes: <&[u8]>::deserialize(from)?.into(),
            read: OnceLock::new(),
        })
    }
}

impl<T: Clone> Clone for Deferred<T> {
    fn clone(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            read: self.read.clone(),
        }
    }
}

impl<T: DeserializeOwned + Default + PartialEq> PartialEq for Deferred<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: DeserializeOwned + Default + fmt::Debug> fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_decoded_on_first_access() {
        let packed = postcard::to_allocvec(&Deferred::from(vec![7_u32, 300]))
            .expect("serialization does not fail");
        let back: Deferred<Vec<u32>> =
            postcard::from_bytes(&packed).expect("these bytes were just written");
        assert_eq!(back.read.get(), None);
        assert_eq!(*back, [7, 300]);
        assert_eq!(back, back.clone());
    }

    #[test]
    fn invalid_bytes_decode_to_the_default() {
        let back: Deferred<Vec<u32>> =
            postcard::from_bytes(&[1, 200]).expect("any bytes are accepted");
        assert_eq!(*back, []);
    }
}
