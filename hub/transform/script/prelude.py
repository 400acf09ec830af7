"""What every script finds in its sandbox: record sets, env, logging, and what the rewritten operators call.

This is Python for Monty, whose objects have no ``len``, ``[]``, iteration or truth of their own. It runs inside of
the sandbox, so nothing here guards anything: the host checks what crosses to it. Values of records are kept in
``_hub_data`` and read for all neighbours of a record at once.
"""

from __future__ import annotations

from hub.transform.script.prelude_frame import FRAME
from hub.transform.script.prelude_records import RECORDS

OPERATORS = """
def _hub_get(x, name):
    if isinstance(x, _hub_Records):
        return _hub_field(x, name)
    if isinstance(x, _hub_Env):
        return _hub_env_get(x, name)
    if isinstance(x, _hub_Exposed):
        if name in x._attributes:
            return x._attributes[name]
        raise AttributeError(x._label + ' has no attribute ' + repr(name))
    return getattr(x, name)

def _hub_getattr(x, name, *default):
    if not isinstance(x, (_hub_Records, _hub_Env, _hub_Exposed)):
        return getattr(x, name, *default)
    if not default:
        return _hub_get(x, name)
    try:
        return _hub_get(x, name)
    except AttributeError:
        return default[0]

def _hub_hasattr(x, name):
    try:
        _hub_getattr(x, name)
    except AttributeError:
        return False
    return True

def _hub_set(x, name, value):
    if not isinstance(x, _hub_Records):
        raise AttributeError('only fields of Odoo records can be assigned to, and this is ' + repr(type(x).__name__))
    x.write({name: value})

def _hub_put(x, key, value):
    if isinstance(x, _hub_Records):
        x.write({key: value})
    else:
        x[key] = value

def _hub_call(x, name, *args, **kwargs):
    if isinstance(x, _hub_Records):
        return x._call(name, args, kwargs)
    if isinstance(x, _hub_Exposed):
        return _hub_in_value(_hub_ask('invoke', x._key, name, list(args), kwargs))
    if isinstance(x, _hub_Env):
        raise AttributeError('env has no method ' + repr(name))
    return getattr(x, name)(*args, **kwargs)

def _hub_len(x):
    if isinstance(x, _hub_Records):
        return len(x._ids)
    return len(x)

def _hub_true(x):
    if isinstance(x, _hub_Records):
        return len(x._ids) > 0
    return bool(x)

def _hub_some(x):
    if isinstance(x, _hub_Records) and not x._ids:
        return False
    return x

def _hub_and(left, right):
    if _hub_true(left):
        return right()
    return left

def _hub_any(values):
    for value in _hub_iter(values):
        if _hub_true(value):
            return True
    return False

def _hub_all(values):
    for value in _hub_iter(values):
        if not _hub_true(value):
            return False
    return True

def _hub_iter(x):
    if isinstance(x, _hub_Records):
        return x._each()
    return x

def _hub_by_key(values, key, reverse):
    # The builtin sorted() cannot ask the host in the middle, which a key that reads a field must.
    ones = list(_hub_iter(values))
    if key is None:
        return sorted(ones, reverse=reverse)
    keys = [key(one) for one in ones]
    order = sorted(range(len(ones)), key=lambda i: keys[i], reverse=reverse)
    return [ones[i] for i in order]

def _hub_sorted(values, key=None, reverse=False):
    return _hub_by_key(values, key, reverse)

def _hub_sort(x, key=None, reverse=False):
    made = _hub_by_key(x, key, reverse)
    x.clear()
    x.extend(made)

def _hub_first(name, values, key, default, down):
    ones = list(_hub_iter(values[0] if len(values) == 1 else values))
    if not ones and default:
        return default[0]
    if not ones:
        raise ValueError(name + '() arg is an empty sequence')
    keys = [key(one) for one in ones] if key else ones
    best = 0
    for i in range(1, len(ones)):
        if keys[i] > keys[best] if down else keys[i] < keys[best]:
            best = i
    return ones[best]

def _hub_min(*values, key=None, **default):
    return _hub_first('min', values, key, list(default.values()), False)

def _hub_max(*values, key=None, **default):
    return _hub_first('max', values, key, list(default.values()), True)

def _hub_map(function, *values):
    if len(values) == 1:
        return [function(one) for one in _hub_iter(values[0])]
    return [function(*ones) for ones in zip(*[_hub_iter(one) for one in values])]

def _hub_filter(function, values):
    if function is None:
        return [one for one in _hub_iter(values) if _hub_true(one)]
    return [one for one in _hub_iter(values) if _hub_true(function(one))]

def _hub_item(x, key):
    if isinstance(x, _hub_Records):
        if isinstance(key, str):
            return _hub_field(x, key)
        return _hub_one(x._name, x._ids[key], x._context, x)
    if isinstance(x, _hub_Env):
        return _hub_many(key, [], x._context, None)
    return x[key]

def _hub_slice(x, start, stop, step):
    if isinstance(x, _hub_Records):
        return x._like(_hub_slice(x._ids, start, stop, step))
    if step is None:
        return x[start:stop]
    return x[start:stop:step]

def _hub_eq(a, b):
    if isinstance(a, _hub_Records) and isinstance(b, _hub_Records):
        return a._name == b._name and set(a._ids) == set(b._ids)
    return a == b

def _hub_in(a, b):
    if isinstance(b, _hub_Records):
        return isinstance(a, _hub_Records) and a._name == b._name and set(a._ids) <= set(b._ids)
    if isinstance(b, _hub_Env):
        return _hub_ask('has_model', a)
    return a in b

def _hub_add(a, b):
    return a.concat(b) if isinstance(a, _hub_Records) else a + b

def _hub_sub(a, b):
    return a._minus(b) if isinstance(a, _hub_Records) else a - b

def _hub_bitor(a, b):
    return a.union(b) if isinstance(a, _hub_Records) else a | b

def _hub_bitand(a, b):
    return a._both(b) if isinstance(a, _hub_Records) else a & b

def _hub_iadd(a, b):
    if isinstance(a, _hub_Records):
        return a.concat(b)
    a += _hub_iter(b)
    return a

# Monty makes a new set for `|=` and its like, where Python changes the one that there is.

def _hub_isub(a, b):
    if isinstance(a, _hub_Records):
        return a._minus(b)
    if isinstance(a, set):
        for one in list(b):
            a.discard(one)
        return a
    a -= b
    return a

def _hub_ibitor(a, b):
    if isinstance(a, _hub_Records):
        return a.union(b)
    if isinstance(a, (set, dict)):
        a.update(b)
        return a
    a |= b
    return a

def _hub_ibitand(a, b):
    if isinstance(a, _hub_Records):
        return a._both(b)
    if isinstance(a, set):
        for one in list(a):
            if one not in b:
                a.discard(one)
        return a
    a &= b
    return a

def _hub_str(*x):
    if x and isinstance(x[0], (_hub_Records, _hub_Env, _hub_Exposed)):
        return x[0]._show()
    return str(*x)

def _hub_repr(x):
    if isinstance(x, (_hub_Records, _hub_Env, _hub_Exposed)):
        return x._show()
    return repr(x)

def _hub_format(x, spec):
    return format(_hub_str(x) if isinstance(x, _hub_Records) else x, spec)
"""

PRELUDE = FRAME + RECORDS + OPERATORS
