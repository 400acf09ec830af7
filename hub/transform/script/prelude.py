"""What every script finds in its sandbox: record sets, env, logging, and what the rewritten operators call.

This is Python for Monty, whose objects have no ``len``, ``[]``, iteration or truth of their own. It runs inside of
the sandbox, so nothing here guards anything: the host checks what crosses to it. Values of records are kept in
``_hub_data`` and read for all neighbours of a record at once.
"""

from __future__ import annotations

from hub.transform.script.prelude_records import RECORDS

OPERATORS = '''
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

def _hub_isub(a, b):
    if isinstance(a, _hub_Records):
        return a._minus(b)
    a -= b
    return a

def _hub_ibitor(a, b):
    if isinstance(a, _hub_Records):
        return a.union(b)
    a |= b
    return a

def _hub_ibitand(a, b):
    if isinstance(a, _hub_Records):
        return a._both(b)
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
'''

FRAME = '''
from datetime import date, datetime, timedelta
from decimal import Decimal as _hub_Decimal

UserError = ValueError
ValidationError = ValueError

class _hub_Ref:
    def __init__(self, model, ids):
        self.model = model
        self.ids = ids

class _hub_Exposed:
    def __init__(self, key, label, attributes):
        self._key = key
        self._label = label
        self._attributes = attributes

    def _show(self):
        return self._label

class _hub_Logger:
    def __init__(self, name):
        self.name = name

    def log(self, level, message, *args, **kwargs):
        text = _hub_str(message)
        if len(args) == 1 and isinstance(args[0], dict):
            text = text % args[0]
        elif args:
            text = text % tuple([_hub_str(a) if isinstance(a, _hub_Records) else a for a in args])
        _hub_ask('log', level, _hub_str(self.name), text)

    def debug(self, message, *args, **kwargs):
        self.log(10, message, *args)

    def info(self, message, *args, **kwargs):
        self.log(20, message, *args)

    def warning(self, message, *args, **kwargs):
        self.log(30, message, *args)

    def error(self, message, *args, **kwargs):
        self.log(40, message, *args)

    def exception(self, message, *args, **kwargs):
        self.log(40, message, *args)

    def critical(self, message, *args, **kwargs):
        self.log(50, message, *args)

    def setLevel(self, level):
        return None

    def isEnabledFor(self, level):
        return True

    def getLogger(self, name='script'):
        return _hub_Logger(name)

    def getChild(self, name):
        return _hub_Logger(name)

    def basicConfig(self, **kwargs):
        return None

_hub_logging = _hub_Logger('root')
_hub_logging.DEBUG = 10
_hub_logging.INFO = 20
_hub_logging.WARNING = 30
_hub_logging.ERROR = 40
_hub_logging.CRITICAL = 50

def log(message, level='info'):
    _hub_ask('log', {'debug': 10, 'warning': 30, 'error': 40, 'critical': 50}.get(level, 20), 'log', _hub_str(message))

def _hub_charge(room, cost):
    room[0] -= cost
    if room[0] < 0:
        raise OverflowError('_hub output')

def _hub_pack(x, room):
    _hub_charge(room, 16)
    if x is None or isinstance(x, (bool, float, date, timedelta, _hub_Decimal)):
        return x
    if isinstance(x, int):
        _hub_charge(room, x.bit_length() // 8)
        return x
    if isinstance(x, (str, bytes)):
        _hub_charge(room, len(x))
        return x
    if isinstance(x, dict):
        return {_hub_pack(k, room): _hub_pack(v, room) for k, v in x.items()}
    if isinstance(x, tuple):
        return tuple([_hub_pack(v, room) for v in x])
    if isinstance(x, (list, set, frozenset)):
        return [_hub_pack(v, room) for v in x]
    if isinstance(x, _hub_Records):
        _hub_charge(room, 8 * len(x._ids))
        return _hub_Ref(x._name, x._ids)
    if isinstance(x, (type({}.keys()), type({}.values()), type({}.items()), range)):
        return [_hub_pack(v, room) for v in x]
    raise TypeError('a value of type ' + type(x).__name__ + ' cannot leave the script')

def _hub_ask(op, *args):
    return _hub_host(op, _hub_pack(list(args), [_hub_room[0]]))

_hub_room = [1000000]

def _hub_in_value(answer):
    kind = answer[0]
    if kind == 'records':
        return _hub_many(answer[1], answer[2], {}, None)
    if kind == 'exposed':
        return _hub_Exposed(answer[1], answer[2], {k: _hub_in_value(v) for k, v in answer[3].items()})
    if kind == 'env':
        return _hub_Env({})
    return answer[1]

def _hub_run(main, given):
    _hub_data.clear()
    _hub_kinds.clear()
    _hub_singles.clear()
    _hub_facts.clear()
    _hub_room[0] = given['room']
    for model, kinds, rows in given['known']:
        _hub_kinds[model] = kinds
        _hub_data[model] = rows
    names = {name: _hub_in_value(answer) for name, answer in given['names'].items()}
    return _hub_pack(main(**names), [given['room']])
'''

PRELUDE = FRAME + RECORDS + OPERATORS
