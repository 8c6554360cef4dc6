-- attenuation.custom: an attenuation curve as a function.
local component = require "galua.component"
local doc = require "galua.doc"
local M = { custom = component.attenuation }
doc.text("attenuation.custom", M.custom, [[attenuation.custom{ params =, function(lambda, p) ... end } -> component
An attenuation law of your own: the function is A(lambda)/A_V of the diffuse dust at wavelength lambda [A]. See component.custom for
parameters and for what the function may use.
@param params ({}) parameters: n = { -0.7, lo = -2, hi = 0 }
@param A_V [mag] (0.5) attenuation by diffuse dust at 5500 A
@param A_V_birth [mag] (0) further attenuation of stars in birth clouds
@param n_birth (-1.3) its slope
@param tau_esc [yr] (1e7) time before stars start to leave their birth cloud
@param doc one line for help
@example attenuation.custom{ params = { n = { -0.7 } }, function(lambda, p) return (lambda / 5500)^p.n end }]])
return M
