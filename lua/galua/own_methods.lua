-- Methods that say so when they are called on something else: x.lum(), or x:lum() through a variable that holds another object.
local core = require "galua.core"
local registry = require "galua.registry"

-- own_methods(name, class [, of]): each method of the table `class` afterwards refuses an object that of(x) denies; without `of`, one whose
-- metatable is not `class`. Metamethods and `new` stay as they are. Returns `class`.
return function(name, class, of)
  of = of or function(x) return type(x) == "table" and getmetatable(x) == class end
  for key, f in pairs(class) do
    if type(key) == "string" and type(f) == "function" and not key:match("^__") and key ~= "new" then
      local function method(self, ...)
        if not of(self) then
          core.fail("GAL_EINVAL", ("%s:%s: the object before the colon must be a %s, got %s"):format(name, key, name,
            core.class_name(self) or (self == nil and "nothing: call it with a colon" or type(self))))
        end
        return f(self, ...)
      end
      class[key] = method
      if registry.names then registry.names[method] = registry.names[f] end
    end
  end
  return class
end
