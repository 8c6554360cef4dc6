-- Manual entries of galua.plot, added when the program (and not plain LuaJIT) loads it. docs/plotting.md has the pictures.
local doc = require "galua.doc"

local style = [[
@param label text of the legend
@param color "#RRGGBB" or a name
@param marker of points; without line they are drawn alone
@param yerr errors, a number or an array
@param xscale (linear) 'linear' or 'log'
@param yscale (linear) 'linear' or 'log'
@param xlabel text of the axis
@param ylabel text of the axis
@param xlim {lo, hi}
@param ylim {lo, hi}
@param title text above
@param width [inch] of the figure
@param height [inch] of the figure]]

local texts = {
  lines = "lines{ {x, y, label =}, ..., xlabel =, ... } -> figure\nSeveral series on the same axes.\n" .. style,
  hist = "hist(values, { bins =, range =, weights =, density = }) -> figure\nHistogram of the values.",
  residuals = [[residuals{ x, data, model, err } -> figure
Data and model above, (data - model)/err below.]],
  sed = [[sed{ wave =, flux =, ... } -> figure
Spectral energy distribution: flux density, or another quantity, against wavelength, with data, components and residuals.
@param wave [A] wavelengths, or in `wave_unit`
@param flux [mJy] flux densities
@param wave_unit (A) unit of wave: A, nm, um, mm, cm, m
@param components list of { name =, flux = }
@param data photometry: wave, flux, err and limits; ignored = flags of data that are not used
@param spectrum an observed one: wave, flux, err, used, model
@param quantity (S_nu) or nuF_nu, F_lambda, nuL_nu, mag
@param frame (observed) or rest, with redshift
@param distance [Mpc] of nuL_nu
@param band lower and upper envelope
@param model_phot model fluxes in the bands
@param residuals show the panel of residuals
@param title text above]],
  corner = [[corner{ samples =, names =, ... } -> figure
Marginal histograms on the diagonal, joint densities below; contours at 1 and 2 sigma in two dimensions.
@param samples an array of columns, one per parameter
@param names of the parameters
@param units of the parameters
@param truths values to mark
@param weights of the samples
@param log which parameters to show in the logarithm
@param bins number of bins
@param title text above]],
  sfh = [[sfh{ t =, median =, lo =, hi = } -> figure
Star formation rate over time with its envelope.
@param t [yr] times
@param median [Msun/yr] rates
@param lo [Msun/yr] lower envelope
@param hi [Msun/yr] upper envelope
@param truth array on t, or { t =, sfr = }
@param direction (time) 'time' since formation, or 'lookback'
@param unit 'Gyr', 'Myr' or 'yr'; chosen by the range]],
  trace = [[trace{ chains =, names =, burn = } -> figure
Each chain against its step, with marginal histograms.
@param chains array of chains, each an array of columns
@param names of the parameters
@param burn steps to shade
@param truths values to mark]],
  figure = "figure{ rows =, cols =, width =, height = } -> figure\nAn empty figure: fig:axes(row, column) gives its panels.",
  quantiles = "quantiles(x, qs[, weights]) -> table\nQuantiles of the samples x at the probabilities qs.",
  escape = "escape(text) -> string\nText with a backslash before the characters that mean markup.",
  is = "is(x) -> boolean\nIs x a figure?",
}

return function(plot)
  for name, text in pairs(texts) do doc { "plot." .. name, plot[name], "plot." .. text } end
  doc.text("plot", plot, "plot(x, y[, options]) -> figure      plot(y) -> figure      plot(spectrum) -> figure\n"
    .. "A figure: drawn in the terminal at the prompt, saved by suffix with fig:save(\"x.pdf\"), .png or .svg.\n" .. style)
end
